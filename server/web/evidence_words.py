"""Words of evidence: purposes, kinds of owners and files, what was done with an item."""

from server.web.words import add

add("evidence_purpose", {
    "scene": ("现场照片", "scene"),
    "smoke": ("黑烟照片", "smoke"),
    "plate": ("号牌照片", "plate"),
    "reading": ("仪器读数", "reading"),
    "screen": ("屏幕截图", "screen"),
    "signature": ("签字", "signature"),
    "device": ("装置照片", "device"),
    "document": ("文书", "document"),
    "video": ("视频", "video"),
    "other": ("其他", "other"),
})  # fmt: skip
add("evidence_owner", {
    "inspection": ("检查记录", "inspection"),
    "capture": ("黑烟抓拍", "capture"),
    "case": ("案件", "case"),
    "referral": ("移送", "referral"),
    "repair": ("维修记录", "repair"),
    "document": ("文书", "document"),
    "device_review": ("设备审核", "device review"),
    "objection": ("异议", "objection"),
})  # fmt: skip
add("media_type", {
    "image/jpeg": ("JPEG 图片", "JPEG picture"),
    "image/png": ("PNG 图片", "PNG picture"),
    "image/webp": ("WebP 图片", "WebP picture"),
    "video/mp4": ("MP4 视频", "MP4 video"),
    "video/quicktime": ("MOV 视频", "MOV video"),
    "application/pdf": ("PDF 文件", "PDF"),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ("Word 文件", "Word document"),
    "text/plain": ("文本", "text"),
    "application/json": ("JSON 数据", "JSON data"),
    "text/csv": ("CSV 表格", "CSV table"),
})  # fmt: skip
add("evidence_read", {
    "view": ("查看", "viewed"),
    "thumbnail": ("缩略图", "thumbnail"),
    "download": ("下载原件", "original downloaded"),
    "share": ("下载去位置副本", "copy without place taken"),
    "bundle": ("随案卷导出", "exported with the case"),
})  # fmt: skip
add("evidence_wrong", {
    "missing": ("文件缺失", "the file is missing"),
    "bytes": ("长度", "length"),
    "sha256": ("SHA-256", "SHA-256"),
    "sm3": ("SM3", "SM3"),
})  # fmt: skip
add("action", {
    "evidence.keep": ("证据入库", "evidence kept"),
    "evidence.download": ("下载证据原件", "evidence downloaded"),
    "evidence.share": ("下载证据副本", "evidence copy taken"),
    "evidence.recheck": ("复核证据哈希", "evidence checked again"),
    "evidence.set_aside": ("证据不再采用", "evidence set aside"),
    "case.bundle": ("导出案卷证据包", "bundle of a case exported"),
})  # fmt: skip
