"""The fields of ledgers A, B and C in the order of HJ 1321 (enforcement.md 5.2 to 5.4).

One table: the API, the template of a sheet, forms and pages all read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a field holds; `values.py` reads each."""

    TEXT = "text"
    MARK = "mark"  # letters and digits of a number plate on a gate
    IDENTIFIER = "identifier"  # upper case, half-width, without spaces
    PLATE = "plate"
    COLOUR = "colour"
    CODE = "code"  # must be in the list
    OPEN_CODE = "open_code"  # well formed is enough: the list is recalled
    FUEL = "fuel"
    STAGE = "stage"
    TIME = "time"
    DAY = "day"
    NUMBER = "number"
    MASS = "mass"
    PICTURE = "picture"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its name here, its heading in both languages, what it holds; `codes` names its list."""

    name: str
    zh: str
    en: str
    kind: Kind = Kind.TEXT
    codes: str = ""
    required: bool = False
    longest: int = 100
    example: str = ""
    note_zh: str = ""
    note_en: str = ""


K = Kind
_TIME = (
    "年-月-日 时:分:秒（北京时间），或带时区的 ISO 8601",
    "yyyy-MM-dd HH:mm:ss in Beijing time, or ISO 8601 with an offset",
)
_DAY = ("年-月-日", "yyyy-MM-dd")
_PICTURE = ("图片地址（http 或 https）", "address of the picture (http or https)")
_STAGE = ("0 至 6，D 电动，X 无；代码 7 保留不用", "0 to 6, D electric, X none; 7 is reserved")
_VIN = ("17 位；校验位不符只提示", "17 characters; a wrong check digit is only a doubt")

_PLATE = Field("plate", "车牌号码", "Plate", K.PLATE, required=True, longest=30, example="辽N12345")
_COLOUR = Field(
    "plate_colour", "号牌颜色", "Plate colour", K.COLOUR, "plate_colour", True, 12, "1",
    "按已声明的代码表", "in the list that the system has declared",
)  # fmt: skip
_FUEL = Field(
    "fuel", "燃料类型", "Fuel", K.FUEL, "fuel", True, 12, "B",
    "GA/T 16.9 代码，或已声明的代码表", "letters of GA/T 16.9, or of the list that the system has declared",
)  # fmt: skip
_STAGE_FIELD = Field("stage", "排放标准", "Stage", K.STAGE, "stage", True, 12, "5", *_STAGE)
_BASIS = Field("stage_basis", "排放标准判定依据", "Basis of the stage", K.CODE, "stage_basis", longest=20, example="1")
_NETWORKED = Field("networked", "联网状态", "Networked", K.CODE, "networked", longest=5, example="1")
_REGISTERED = Field("registered_on", "注册登记日期", "Registered on", K.DAY, longest=20, example="2019-06-01",
                    note_zh=_DAY[0], note_en=_DAY[1])  # fmt: skip
_MODEL = Field("model", "车辆品牌型号", "Model", example="解放牌CA4250P66K25T1A1E5")
_ENGINE = (
    Field("engine_model", "发动机型号", "Engine model", longest=50, example="CA6DM2-42E52"),
    Field("engine_maker", "发动机生产厂", "Engine maker", example="一汽解放汽车有限公司"),
    Field("engine_number", "发动机编号", "Engine number", K.IDENTIFIER, example="51883922"),
)
_LIST_PHOTO = Field("photo_vehicle_list", "随车清单照片", "Photo of the vehicle list", K.PICTURE, note_zh=_PICTURE[0],
                    note_en=_PICTURE[1])  # fmt: skip
_LICENCE_PHOTOS = (
    Field("photo_licence_front", "行驶证正面照片", "Photo of the licence, front", K.PICTURE, note_zh=_PICTURE[0],
          note_en=_PICTURE[1]),
    Field("photo_licence_back", "行驶证背面照片", "Photo of the licence, back", K.PICTURE, note_zh=_PICTURE[0],
          note_en=_PICTURE[1]),
)  # fmt: skip
_OWNER = Field("owner", "车辆所有人", "Owner", example="朝阳某运输有限公司")
_BUILT = Field("built_on", "生产日期", "Built on", K.DAY, longest=20, example="2019-03-01", note_zh=_DAY[0],
               note_en=_DAY[1])  # fmt: skip

LEDGER_A: tuple[Field, ...] = (
    Field("enterprise_code", "企业编号", "Enterprise code", K.IDENTIFIER, longest=30, example="91211300MA0000000X",
          note_zh="可不填；填写时须为本企业编号", note_en="may stay empty; if given it must be this enterprise's"),
    Field("entrance_no", "出入口编号", "Entrance", K.MARK, required=True, longest=4, example="1"),
    Field("barrier_no", "道闸编号", "Barrier", K.MARK, required=True, longest=3, example="01"),
    Field("direction", "进出厂状态", "Direction", K.CODE, "direction", True, 6, "1"),
    Field("passed_at", "进出厂时间", "Time", K.TIME, required=True, longest=40, example="2026-08-15 08:30:15",
          note_zh=_TIME[0], note_en=_TIME[1]),
    Field("photo", "进出厂照片", "Photo", K.PICTURE, note_zh=_PICTURE[0], note_en=_PICTURE[1]),
    _PLATE,
    _COLOUR,
    Field("vehicle_type", "车辆类型", "Vehicle type", K.OPEN_CODE, "vehicle_type", longest=20, example="H11",
          note_zh="GA/T 16.4 代码", note_en="code of GA/T 16.4"),
    Field("vin", "车辆识别代号", "VIN", K.IDENTIFIER, longest=17, example="LFWSRXRJ6H1E00001", note_zh=_VIN[0],
          note_en=_VIN[1]),
    _REGISTERED,
    _MODEL,
    *_ENGINE,
    _FUEL,
    _STAGE_FIELD,
    Field("usage", "使用性质", "Use", K.OPEN_CODE, "usage", longest=20, example="F", note_zh="GA/T 16.3 代码",
          note_en="letter of GA/T 16.3"),
    _NETWORKED,
    _LIST_PHOTO,
    *_LICENCE_PHOTOS,
    Field("cargo", "运输货物名称", "Cargo", K.OPEN_CODE, "cargo", longest=20, example="煤炭"),
    Field("quantity", "运输量", "Quantity", K.NUMBER, longest=20, example="32.5", note_zh="以地磅读数为准",
          note_en="from the weighbridge where there is one"),
    Field("unit", "运输量单位", "Unit", K.CODE, "unit", longest=10, example="吨"),
    Field("fleet", "车队名称", "Fleet"),
    _OWNER,
    Field("owner_phone", "联系电话", "Telephone", longest=20),
    Field("max_mass_kg", "最大允许总质量（kg）", "Gross mass, kg", K.MASS, longest=12, example="25000"),
    Field("rated_load_kg", "核定载质量（kg）", "Rated load, kg", K.MASS, longest=12, example="15000"),
    Field("inspected_on", "最近检验日期", "Inspected on", K.DAY, longest=20, example="2026-03-01", note_zh=_DAY[0],
          note_en=_DAY[1]),
    _BASIS,
    Field("control_result", "管控结果", "Answer of the gate", K.CODE, "control_result", longest=10, example="1"),
    Field("answer_id", "门禁应答编号", "Number of the gate's answer", K.WHOLE, longest=18,
          note_zh="平台应答时给出的编号", note_en="the id that the platform answered with"),
    Field("video", "视频地址", "Video", K.PICTURE, longest=200, note_zh="回放地址", note_en="address of the replay"),
    Field("source_key", "通行编号", "Number of the passage", K.TEXT,
          note_zh="门禁系统自己的编号，一次通行一个；重传靠它识别",
          note_en="the gate system's own number, one a passage: what is sent again is known by it"),
)  # fmt: skip
"""Ledger A: vehicles that enter and leave."""

LEDGER_B: tuple[Field, ...] = (
    Field("internal_no", "环保登记编码或内部牌号", "Number in the plant", K.IDENTIFIER, required=True, longest=32,
          example="NB-017"),
    Field("vin", "车辆识别代号", "VIN", K.IDENTIFIER, longest=20, example="LFWSRXRJ6H1E00001", note_zh=_VIN[0],
          note_en=_VIN[1]),
    _BUILT,
    Field("plate", "车牌号码", "Plate", K.PLATE, longest=32, example="辽N12345", note_zh="无号牌不填",
          note_en="leave empty where there is none"),
    Field("plate_colour", "号牌颜色", "Plate colour", K.COLOUR, "plate_colour", False, 12, "1"),
    _REGISTERED,
    _MODEL,
    _FUEL,
    _STAGE_FIELD,
    _BASIS,
    _NETWORKED,
    _OWNER,
    *_ENGINE,
    _LIST_PHOTO,
    *_LICENCE_PHOTOS,
    Field("gone_on", "报废或转让日期", "Scrapped or transferred on", K.DAY, longest=20, note_zh=_DAY[0],
          note_en=_DAY[1]),
    Field("gone_how", "去向", "What became of it", K.CODE, "gone_how", longest=12, note_zh="填写日期时必填",
          note_en="needed with the day"),
)  # fmt: skip
"""Ledger B: vehicles that work inside a plant."""

LEDGER_C: tuple[Field, ...] = (
    Field("registration_number", "环保登记编码", "Registration number", K.IDENTIFIER, longest=30, example="2-FCB04871",
          note_zh="编码、机械环保代码、PIN、发动机编号至少填一项",
          note_en="this, the PIN, the machine code or the engine number"),
    _BUILT,
    Field("plate", "车牌号码", "Plate", K.PLATE, longest=32, note_zh="无号牌不填",
          note_en="leave empty where there is none"),
    Field("stage", "排放标准", "Stage", K.STAGE, "stage", True, 12, "3", *_STAGE),
    _FUEL,
    Field("category", "机械种类", "Kind of machine", K.CODE, "category", longest=20, example="装载机"),
    Field("pin", "产品识别代码（PIN）", "PIN", K.IDENTIFIER, longest=30),
    Field("machine_code", "机械环保代码", "Machine code", K.IDENTIFIER, longest=30),
    Field("model", "机械型号", "Model", example="ZL50CN"),
    *_ENGINE,
    Field("photo_machine_plate", "机械铭牌照片", "Photo of the machine's plate", K.PICTURE, note_zh=_PICTURE[0],
          note_en=_PICTURE[1]),
    Field("photo_engine_plate", "发动机铭牌照片", "Photo of the engine's plate", K.PICTURE, note_zh=_PICTURE[0],
          note_en=_PICTURE[1]),
    Field("photo_label", "机械环保信息标签照片", "Photo of the environmental label", K.PICTURE, note_zh=_PICTURE[0],
          note_en=_PICTURE[1]),
    Field("owner", "所属人（单位）", "Owner"),
    Field("power_kw", "功率（kW）", "Power, kW", K.NUMBER, longest=12, example="162"),
    Field("entered_on", "进厂日期", "Entered on", K.DAY, longest=20, note_zh=_DAY[0], note_en=_DAY[1]),
    Field("left_on", "离厂日期", "Left on", K.DAY, longest=20, note_zh=_DAY[0], note_en=_DAY[1]),
)  # fmt: skip
"""Ledger C: machinery that works inside a plant."""

LEDGERS: dict[str, tuple[Field, ...]] = {"A": LEDGER_A, "B": LEDGER_B, "C": LEDGER_C}
