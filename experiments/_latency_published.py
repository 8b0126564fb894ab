"""Mobile networks whose latency was published, and what was published."""

from __future__ import annotations

PROXYLESS = {
    "Mobile": (
        "5x5_MBConv3,3x3_MBConv3,Zero,Zero,7x7_MBConv3,3x3_MBConv3,5x5_MBConv3,5x5_MBConv3,"
        "7x7_MBConv6,5x5_MBConv3,5x5_MBConv3,5x5_MBConv3,5x5_MBConv6,5x5_MBConv3,5x5_MBConv3,5x5_MBConv3,"
        "7x7_MBConv6,7x7_MBConv6,7x7_MBConv3,7x7_MBConv3,7x7_MBConv6"
    ),
    "GPU": (
        "5x5_MBConv3,Zero,Zero,Zero,7x7_MBConv3,Zero,Zero,3x3_MBConv3,"
        "7x7_MBConv6,Zero,Zero,5x5_MBConv3,5x5_MBConv6,Zero,3x3_MBConv3,5x5_MBConv3,"
        "7x7_MBConv6,7x7_MBConv6,7x7_MBConv6,5x5_MBConv6,7x7_MBConv6"
    ),
    "CPU": (
        "3x3_MBConv6,3x3_MBConv3,3x3_MBConv3,3x3_MBConv3,3x3_MBConv6,3x3_MBConv3,3x3_MBConv3,5x5_MBConv3,"
        "3x3_MBConv6,Zero,Zero,3x3_MBConv3,5x5_MBConv6,3x3_MBConv3,3x3_MBConv3,3x3_MBConv3,"
        "5x5_MBConv6,5x5_MBConv3,5x5_MBConv3,3x3_MBConv3,5x5_MBConv6"
    ),
}
"""Cai et al. 2019, arXiv:1812.00332. The published networks are wider in places than those of the search."""

PIXEL1_MS = {"Mobile": 78.0, "GPU": 124.0, "CPU": 116.0}
"""On a Pixel 1, from the README of the authors' repository."""

MOBILE_LOG_MS = 80.67
"""``logs/proxyless_mobile_10_latency.txt`` of the authors' repository: 100 runs of TensorFlow Lite in one thread."""

MOBILE_LOG_PARTS_MS = {
    "first convolution": 3.246,
    "first block": 3.813,
    "stage 1": 11.913,
    "stage 2": 12.601,
    "stage 3": 8.972,
    "stage 4": 11.062,
    "stage 5": 15.410,
    "stage 6": 7.364,
    "last convolution": 4.738,
    "pooling and classifier": 1.518,
}
"""The same log by operation, summed over the layers of the table."""

MOBILE_LAYERS = (1, 1, 2, 4, 4, 4, 4, 1, 1, 1)
"""How many layers of the table each of these parts has."""

NOTE10_NAMES_MS = (64, 50, 41, 30, 22, 16, 11, 8)
"""Of once-for-all's networks for a Note10, by their names such as ``note10_lat@64ms_top1@80.2_finetune@75``."""

NOTE8 = {
    "note8_lat@31ms_top1@72.8": {
        "ks": [5, 3, 3, 3, 5, 5, 3, 3, 3, 3, 5, 3, 3, 5, 7, 3, 3, 3, 5, 5],
        "e": [3, 3, 3, 3, 4, 3, 3, 3, 4, 4, 4, 4, 4, 3, 4, 3, 6, 3, 3, 3],
        "d": [2, 2, 3, 3, 4],
        "r": 152,
    },
    "note8_lat@22ms_top1@70.4": {
        "ks": [3, 3, 3, 3, 5, 5, 3, 3, 7, 3, 3, 3, 5, 3, 3, 3, 3, 7, 3, 3],
        "e": [3, 3, 3, 3, 3, 3, 3, 3, 4, 3, 3, 3, 3, 4, 3, 3, 6, 6, 3, 6],
        "d": [2, 2, 2, 2, 2],
        "r": 140,
    },
}
"""The only networks of once-for-all for a phone whose settings are at hand; of another phone, and not widened."""
