"""NAS-Bench-ASR: cells of networks for speech recognition (Mehrotra et al. 2021, ICLR)."""

from __future__ import annotations

from zcnas.searchspaces.nasbench_asr.cell import OPS
from zcnas.searchspaces.nasbench_asr.network import ASRNetwork
from zcnas.searchspaces.nasbench_asr.official import convert
from zcnas.searchspaces.nasbench_asr.space import NASBenchASR
from zcnas.searchspaces.nasbench_asr.table import NASBenchASRTable

__all__ = ["OPS", "ASRNetwork", "NASBenchASR", "NASBenchASRTable", "convert"]
