"""Words of on-board diagnostics: the OBD body, its monitors, in-use performance (GB 17691-2018 Q.6.5, SAE J1979-DA)."""

from server.web.words import Pair

MONITORS: dict[str, Pair] = {
    "catalyst": ("催化转化器监测", "catalyst"),
    "heated_catalyst": ("加热催化转化器监测", "heated catalyst"),
    "evaporative_system": ("蒸发系统监测", "evaporative system"),
    "secondary_air": ("二次空气系统监测", "secondary air"),
    "air_conditioning": ("A/C系统制冷剂监测", "A/C refrigerant"),
    "exhaust_gas_sensor": ("排气传感器监测", "exhaust gas sensor"),
    "exhaust_gas_sensor_heater": ("排气传感器加热器监测", "exhaust gas sensor heater"),
    "egr_vvt": ("EGR系统和VVT监测", "EGR and VVT"),
    "cold_start_aid": ("冷启动辅助系统监测", "cold start aid"),
    "boost_pressure": ("增压压力控制系统监测", "boost pressure control"),
    "dpf": ("柴油颗粒捕集器（DPF）监测", "particle filter (DPF)"),
    "scr_nox_adsorber": ("选择性催化还原系统（SCR）或NOx吸附器监测", "SCR or NOx adsorber"),
    "nmhc_catalyst": ("NMHC氧化催化器监测", "NMHC catalyst"),
    "misfire": ("失火监测", "misfire"),
    "fuel_system": ("燃油系统监测", "fuel system"),
    "comprehensive_component": ("综合成分监测", "comprehensive components"),
}
_RATIOS: dict[str, Pair] = {
    "nmhc_catalyst": ("NMHC催化器监测", "NMHC catalyst"),
    "nox_catalyst": ("NOx催化器监测", "NOx catalyst"),
    "nox_adsorber": ("NOx吸附器监测", "NOx adsorber"),
    "pm_filter": ("PM捕集器监测", "PM filter"),
    "exhaust_gas_sensor": ("排气传感器监测", "exhaust gas sensor"),
    "egr_vvt": ("EGR和VVT监测", "EGR and VVT"),
    "boost_pressure": ("增压压力监测", "boost pressure"),
    "fuel_system": ("燃油系统监测", "fuel system"),
}
NAMES: dict[str, Pair] = {
    "mil": ("故障指示灯（MIL）状态", "malfunction lamp (MIL)"),
    "on": ("点亮", "on"),
    "name": ("名称", "name"),
    "supported": ("诊断支持状态", "diagnostics supported"),
    "readiness": ("诊断就绪状态", "diagnostics ready"),
    "monitors": ("支持的监测项", "monitors"),
    "not_complete": ("未完成的监测项", "not complete"),
    "calibration_id": ("软件标定识别号（CALID）", "calibration id (CALID)"),
    "verification_number": ("标定验证码（CVN）", "calibration verification number (CVN)"),
    "iupr": ("监测频率（IUPR）", "in-use performance (IUPR)"),
    "code_count": ("故障码总数", "number of fault codes"),
    "codes": ("故障码", "fault codes"),
    "text": ("代码", "code"),
    "occurrences": ("发生次数", "occurrences"),
    "obd_conditions": ("OBD监测条件满足次数", "OBD conditions met"),
    "ignition_cycles": ("点火循环次数", "ignition cycles"),
    **{f"{name}_completed": (f"{zh}完成次数", f"{en}, completed") for name, (zh, en) in _RATIOS.items()},
    **{f"{name}_conditions": (f"{zh}条件满足次数", f"{en}, conditions met") for name, (zh, en) in _RATIOS.items()},
}
