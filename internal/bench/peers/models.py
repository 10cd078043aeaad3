"""The models that the peers run: those of the benchmark's jobs, by the same names."""
import torch
from torch import nn
from torch.nn import functional
from torchvision.models.vision_transformer import Encoder, VisionTransformer

MODELS = {
    "cutout": dict(image_size=64, patch_size=8, hidden_dim=192, num_layers=6, num_heads=3, mlp_dim=768, num_classes=10),
    "hybrid": dict(image_size=128, patch_size=32, hidden_dim=192, num_layers=4, num_heads=6, mlp_dim=768, num_classes=10),
    "vit_s16": dict(image_size=224, patch_size=16, hidden_dim=384, num_layers=12, num_heads=6, mlp_dim=1536, num_classes=1000),
}


class Convolution(nn.Conv2d):
    """One of 3 x 3 pixels with standardised weights (Brock et al. 2021, arXiv:2101.08692, equation 1)."""

    def __init__(self, inputs, outputs, step):
        super().__init__(inputs, outputs, 3, step, 1)
        self.gain = nn.Parameter(torch.ones(outputs, 1, 1, 1))

    def forward(self, x):
        variance, mean = torch.var_mean(self.weight, (1, 2, 3), unbiased=False, keepdim=True)
        scale = self.gain * torch.rsqrt(variance * self.weight[0].numel() + 1e-6)
        return functional.conv2d(x, (self.weight - mean) * scale, self.bias, self.stride, self.padding)


class Hybrid(nn.Module):
    """A Vision Transformer with the convolutional stem of vit/stem.go, whose head sees the mean of the patches' tokens."""

    def __init__(self, image_size, patch_size, hidden_dim, num_layers, num_heads, mlp_dim, num_classes):
        super().__init__()
        self.stem, inputs = nn.ModuleList(), 3
        while patch_size > 1:
            outputs = 2 * hidden_dim // patch_size
            stage = [Convolution(inputs, outputs, 2)]
            if inputs > 3:
                stage += [Convolution(outputs, outputs, 1), Convolution(outputs, outputs, 1)]
            self.stem.append(nn.ModuleList(stage))
            inputs, patch_size, image_size = outputs, patch_size // 2, image_size // 2
        self.project = nn.Linear(inputs, hidden_dim)
        self.class_token = nn.Parameter(torch.zeros(1, 1, hidden_dim))
        self.encoder = Encoder(1 + image_size**2, num_layers, num_heads, hidden_dim, mlp_dim, 0.0, 0.0)
        self.encoder.ln = nn.Identity()  # after the mean
        self.norm = nn.LayerNorm(hidden_dim, eps=1e-6)
        self.head = nn.Linear(hidden_dim, num_classes)

    def forward(self, x):
        for i, stage in enumerate(self.stem):
            x = stage[0](functional.gelu(x) if i else x)
            if len(stage) > 1:
                x = x + stage[2](functional.gelu(stage[1](functional.gelu(x))))
        tokens = self.project(functional.gelu(x).flatten(2).transpose(1, 2))
        tokens = torch.cat([self.class_token.expand(x.shape[0], -1, -1), tokens], 1)
        return self.head(self.norm(self.encoder(tokens)[:, 1:].mean(1)))


def build(name):
    return (Hybrid if name == "hybrid" else VisionTransformer)(**MODELS[name])
