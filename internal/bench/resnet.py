"""ResNet-18 over the folds of a set, the peer of what vit-train learns from it.

    resnet.py SET SIZE EPOCHS FOLDS.csv [FOLD...]

SET is a folder of ../shared/data (or its path): first4, gz1, mirabest or sled. SIZE is the side of the input in pixels.
FOLDS.csv (id_str, fold) is that of `vit-train --folds`: only its rows are used, so that both programs see the same. For
each fold the network starts from scratch, is trained on all others and scored once, after its last epoch, on the fold;
unlike vit-train it puts nothing aside for validation. Each line of the output is JSON: a fold, and at last mean and
standard deviation (n-1) of those that were run.

torchvision's ResNet-18 with random weights, AdamW (1e-3, weight decay 0.05) on one cycle, batches of 64, labels smoothed
by 0.05, and flips, quarter turns and shifts by up to 4 pixels, each image by itself. Debian's python3-torch,
python3-torchvision, python3-astropy, python3-pil and python3-sklearn.
"""

import argparse
import csv
import json
import pathlib
import time

import numpy as np
import torch
from astropy.io import fits
from PIL import Image
from sklearn.metrics import f1_score, roc_auc_score
from torch import nn
from torchvision.models import resnet18

BATCH = 64
RATE = 1e-3
SHIFT = 4
DATA = pathlib.Path(__file__).resolve().parents[3] / "shared" / "data"


def photo(path, mode, size, middle=None):
    """An 8-bit image [C, size, size] in units of full scale; middle is the side of the square to keep of it."""
    image = Image.open(path).convert(mode)
    if middle:
        x, y, half = image.width // 2, image.height // 2, middle // 2
        image = image.crop((x - half, y - half, x + half, y + half))
    pixels = np.asarray(image.resize((size, size), Image.BILINEAR), np.float32) / 255
    return pixels.transpose(2, 0, 1) if pixels.ndim == 3 else pixels[None]


def planes(path):
    """A FITS image or cube [C, height, width], 0 where it is undefined."""
    pixels = np.nan_to_num(fits.getdata(path).astype(np.float32))
    return pixels[None] if pixels.ndim == 2 else pixels


def middle(pixels, size):
    """The middle [C, size, size] of larger images."""
    margin = (pixels.shape[-1] - size) // 2
    return pixels[:, margin : margin + size, margin : margin + size] if margin > 0 else pixels


def first4(path, size):
    return photo(path, "L", size, middle=150)


def gz1(path, size):
    return photo(path, "RGB", size)


def mirabest(path, size):
    """Flux density in Jy a beam, from 0.3 mJy on compressed."""
    return middle(np.arcsinh(np.clip(planes(path), 0, None) / 3e-4) / 5, size)


def sled(path, size):
    """Each band in units of the noise, which is that of the fainter 80 % of the pixels."""
    bands = planes(path)
    noise = [np.std(b[np.abs(b) <= np.percentile(np.abs(b), 80)]) + 1e-6 for b in bands]
    return middle(np.arcsinh(bands / np.array(noise)[:, None, None] / 5) / 3, size)


SETS = {"first4": (first4, "morphology"), "gz1": (gz1, "morphology"), "mirabest": (mirabest, "morphology"), "sled": (sled, "lens")}


def load(folder, size, folds):
    """Images [n, C, size, size], classes and folds of the rows that folds has, and the names of the classes."""
    read, label = SETS[folder.name]
    with open(folder / "catalog.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["id_str"] in folds]
    if len(rows) != len(folds):
        raise SystemExit(f"{len(folds) - len(rows)} of {len(folds)} ids of the folds are not in {folder}/catalog.csv")
    names = sorted({row[label] for row in rows})
    images = np.stack([read(folder / row["file_loc"], size) for row in rows]).astype(np.float32)
    return images, np.array([names.index(row[label]) for row in rows]), np.array([folds[row["id_str"]] for row in rows]), names


def varied(image, rng):
    if rng.random() < 0.5:
        image = image[:, :, ::-1]
    image = np.rot90(image, rng.integers(4), (1, 2))
    return np.roll(image, tuple(rng.integers(-SHIFT, SHIFT + 1, 2)), (1, 2))


def train(images, classes, n, epochs):
    """The network for n classes after so many epochs."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    net = resnet18(num_classes=n)
    net.conv1 = nn.Conv2d(images.shape[1], 64, 7, 2, 3, bias=False)
    net = net.to(memory_format=torch.channels_last)  # as torch is fastest on CPUs
    batches = len(images) // BATCH
    optimiser = torch.optim.AdamW(net.parameters(), RATE, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, epochs * batches, pct_start=0.1)
    net.train()
    for _ in range(epochs):
        order = rng.permutation(len(images))
        for rows in order[: batches * BATCH].reshape(batches, BATCH):
            batch = np.stack([varied(images[row], rng) for row in rows])
            logits = net(torch.from_numpy(batch).to(memory_format=torch.channels_last))
            loss = nn.functional.cross_entropy(logits, torch.from_numpy(classes[rows]), label_smoothing=0.05)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return net.eval()


def probabilities(net, images):
    """In float64, in which sure ones do not all round to 1: AUROC would take them for ties."""
    with torch.no_grad():
        logits = [net(part) for part in torch.from_numpy(images).split(BATCH)]
    return torch.cat(logits).double().softmax(1).numpy()


def score(p, classes):
    """Accuracy, macro F1 and AUROC, of more than two classes the mean of each against the rest."""
    said = p.argmax(1)
    auroc = [roc_auc_score(classes == c, p[:, c]) for c in range(p.shape[1])]
    return {"accuracy": (said == classes).mean(), "macro_f1": f1_score(classes, said, average="macro"), "auroc": np.mean(auroc)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", help="name or folder of the set")
    parser.add_argument("size", type=int)
    parser.add_argument("epochs", type=int)
    parser.add_argument("folds", help="table of id_str and fold")
    parser.add_argument("fold", type=int, nargs="*", help="only these")
    parser.add_argument("--threads", type=int, default=1, help="of torch; other numbers round otherwise")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    with open(options.folds, newline="") as file:
        folds = {row["id_str"]: int(row["fold"]) for row in csv.DictReader(file)}
    images, classes, fold, names = load(DATA / options.set, options.size, folds)
    head = {"set": (DATA / options.set).name, "size": options.size, "epochs": options.epochs}
    scores = []
    for k in options.fold or sorted(set(folds.values())):
        start = time.time()
        rest, test = images[fold != k], images[fold == k]
        mean, std = rest.mean((0, 2, 3), keepdims=True), rest.std((0, 2, 3), keepdims=True) + 1e-6
        net = train((rest - mean) / std, classes[fold != k], len(names), options.epochs)
        scores.append(score(probabilities(net, (test - mean) / std), classes[fold == k]))
        line = {"fold": k, "train": len(rest), "test": len(test), **scores[-1], "seconds": round(time.time() - start)}
        print(json.dumps({**head, **line}), flush=True)
    mean = {key: np.mean([s[key] for s in scores]) for key in scores[0]}
    std = {key: np.std([s[key] for s in scores], ddof=1) if len(scores) > 1 else None for key in scores[0]}
    print(json.dumps({**head, "folds": len(scores), "mean": mean, "std": std}), flush=True)


if __name__ == "__main__":
    main()
