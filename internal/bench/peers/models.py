"""The models that the peers run: those of the benchmark's jobs, by the same names."""
from torchvision.models.vision_transformer import VisionTransformer

MODELS = {
    "cutout": dict(image_size=64, patch_size=8, hidden_dim=192, num_layers=6, num_heads=3, mlp_dim=768, num_classes=10),
    "vit_s16": dict(image_size=224, patch_size=16, hidden_dim=384, num_layers=12, num_heads=6, mlp_dim=1536, num_classes=1000),
}


def build(name):
    return VisionTransformer(**MODELS[name])
