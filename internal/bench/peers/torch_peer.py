"""Torch as a peer: prints {"about": ...} when it is ready, then answers each line, which holds a number n, with the
seconds that one of n runs took.

  torch_peer.py infer|train MODEL eager|jit BATCH THREADS
"""
import json
import resource
import sys
import time

import torch

import models


def inference(net, images, variant):
    net.eval()
    if variant == "jit":
        with torch.inference_mode():
            traced = torch.jit.trace(net, images, check_trace=False)
            net = torch.jit.optimize_for_inference(torch.jit.freeze(traced))

    @torch.inference_mode()
    def run():
        net(images)

    return run


def training(net, images, classes):
    net.train()
    labels = torch.randint(classes, (len(images),))
    loss = torch.nn.CrossEntropyLoss()
    optimiser = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0.05)

    def run():
        optimiser.zero_grad(set_to_none=True)
        loss(net(images), labels).backward()
        optimiser.step()

    return run


def main(bench, model, variant, batch, threads):
    torch.set_num_threads(int(threads))
    torch.manual_seed(1)
    shape = models.MODELS[model]
    net = models.build(model)
    images = torch.rand(int(batch), 3, shape["image_size"], shape["image_size"]) - 0.5
    run = inference(net, images, variant) if bench == "infer" else training(net, images, shape["num_classes"])
    print(json.dumps({"about": "torch " + torch.__version__}), flush=True)
    for line in sys.stdin:
        n = int(line)
        start = time.perf_counter()
        for _ in range(n):
            run()
        seconds = (time.perf_counter() - start) / n
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"seconds": seconds, "rss_mib": peak}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
