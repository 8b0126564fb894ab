"""Architectures that were published, and what was published of them."""

from __future__ import annotations

from typing import Any

PROXYLESS = {
    "cpu": (
        "3x3_MBConv6,3x3_MBConv3,3x3_MBConv3,3x3_MBConv3,"
        "3x3_MBConv6,3x3_MBConv3,3x3_MBConv3,5x5_MBConv3,"
        "3x3_MBConv6,Zero,Zero,3x3_MBConv3,"
        "5x5_MBConv6,3x3_MBConv3,3x3_MBConv3,3x3_MBConv3,"
        "5x5_MBConv6,5x5_MBConv3,5x5_MBConv3,3x3_MBConv3,"
        "5x5_MBConv6"
    ),
    "gpu": (
        "5x5_MBConv3,Zero,Zero,Zero,"
        "7x7_MBConv3,Zero,Zero,3x3_MBConv3,"
        "7x7_MBConv6,Zero,Zero,5x5_MBConv3,"
        "5x5_MBConv6,Zero,3x3_MBConv3,5x5_MBConv3,"
        "7x7_MBConv6,7x7_MBConv6,7x7_MBConv6,5x5_MBConv6,"
        "7x7_MBConv6"
    ),
    "mobile": (
        "5x5_MBConv3,3x3_MBConv3,Zero,Zero,"
        "7x7_MBConv3,3x3_MBConv3,5x5_MBConv3,5x5_MBConv3,"
        "7x7_MBConv6,5x5_MBConv3,5x5_MBConv3,5x5_MBConv3,"
        "5x5_MBConv6,5x5_MBConv3,5x5_MBConv3,5x5_MBConv3,"
        "7x7_MBConv6,7x7_MBConv6,7x7_MBConv3,7x7_MBConv3,"
        "7x7_MBConv6"
    ),
}
PROXYLESS["mobile_14"] = PROXYLESS["mobile"]
"""Skeleton -> architecture (Cai et al. 2019)."""

PROXYLESS_SIZES = {"cpu": 4_361_648, "gpu": 7_119_848, "mobile": 4_080_512, "mobile_14": 6_857_568}
"""Parameters, which pytorchcv's and chainercv's networks have as well."""

PROXYLESS_FLOPS = {"cpu": 439.2, "gpu": 465.3, "mobile": 320.4}
"""Millions of multiply-adds at 224 pixels, from the authors' logs."""

PROXYLESS_MOBILE_MS = 80.67
"""Measured on a Pixel 1, from the authors' log."""

OFA: dict[str, tuple[dict[str, Any], float, float]] = {
    "note8_lat@31ms_top1@72.8": (
        {
            "ks": [5, 3, 3, 3, 5, 5, 3, 3, 3, 3, 5, 3, 3, 5, 7, 3, 3, 3, 5, 5],
            "e": [3, 3, 3, 3, 4, 3, 3, 3, 4, 4, 4, 4, 4, 3, 4, 3, 6, 3, 3, 3],
            "d": [2, 2, 3, 3, 4],
            "r": 152,
        },
        4.6,
        101,
    ),
    "note8_lat@22ms_top1@70.4": (
        {
            "ks": [3, 3, 3, 3, 5, 5, 3, 3, 7, 3, 3, 3, 5, 3, 3, 3, 3, 7, 3, 3],
            "e": [3, 3, 3, 3, 3, 3, 3, 3, 4, 3, 3, 3, 3, 4, 3, 3, 6, 6, 3, 6],
            "d": [2, 2, 2, 2, 2],
            "r": 140,
        },
        4.3,
        67,
    ),
}
"""Specialised networks of once-for-all: settings, millions of parameters and of multiply-adds."""

FBNET_SIZES = {
    (7, 8, 1, 8, 4, 8, 8, 8, 7, 4, 1, 4, 7, 3, 2, 7, 3, 2, 4, 2, 4, 5): (1_790_500, 3_794_920),
    (5, 3, 5, 5, 0, 4, 7, 5, 5, 2, 0, 2, 4, 5, 1, 3, 7, 2, 6, 0, 4, 0): (1_695_572, 3_699_992),
    (8, 2, 1, 5, 1, 8, 4, 6, 6, 2, 5, 2, 5, 1, 2, 5, 2, 8, 2, 3, 5, 0): (1_737_316, 3_741_736),
}
"""Parameters of HW-NAS-Bench's own networks for CIFAR-100 and ImageNet, of the first codes of HELP's list."""

FBNET_A = (
    "skip k3_e3 k3_e1 skip skip k5_e6 k3_e3 k5_e1 k3_e3 k5_e6 k5_e3 k5_e1_g2 k5_e6 "
    "k3_e6 k5_e1_g2 k5_e1 k3_e1_g2 k5_e6 k5_e6 k5_e3 k5_e6 k5_e6"
)
FBNET_B = (
    "k3_e1 k3_e6 k5_e1 k3_e1 k3_e1 k5_e6 k5_e3 k3_e6 k5_e6 k5_e6 k5_e1 skip k5_e3 "
    "k5_e6 k3_e1 k5_e1 k5_e3 k5_e6 k5_e1 k5_e6 k5_e6 k3_e6"
)
FBNET_FLOPS = ((FBNET_A, 249), (FBNET_B, 295))
"""Wu et al. 2019: millions of multiply-adds at 224 pixels. Their blocks differ from HW-NAS-Bench's in trifles."""
