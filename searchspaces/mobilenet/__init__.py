"""Mobile networks: ProxylessNAS, FBNet and once-for-all's MobileNetV3."""

from __future__ import annotations

from zcnas.searchspaces.mobilenet.fbnet import FBNet
from zcnas.searchspaces.mobilenet.network import MobileNetwork
from zcnas.searchspaces.mobilenet.ofa import OFAMobileNetV3
from zcnas.searchspaces.mobilenet.proxylessnas import ProxylessNAS

__all__ = ["FBNet", "MobileNetwork", "OFAMobileNetV3", "ProxylessNAS"]
