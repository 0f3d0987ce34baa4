"""What one request, one client and all of them together may ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hubocr.settings.pipeline import DEFAULT_MAX_PIXELS, HIGHEST_MAX_PIXELS
from hubocr.settings.rule import Checked, setting


@dataclass(frozen=True)
class Limits(Checked):
    """What one request, one client and all of them together may ask for."""

    title: ClassVar = {"en": "Limits of the server", "zh": "服务器的限制"}

    body_bytes: int = setting(
        20_000_000,
        "limit_body_bytes",
        "largest request body",
        "请求体的最大字节数",
        "integer",
        low=1024,
        high=10**10,
    )
    bodies_bytes: int = setting(
        256_000_000,
        "limit_bodies_bytes",
        "bytes of request bodies that one worker holds at a time; beyond that requests are "
        "answered 429; bodies of more than a megabyte may take three quarters of it, one client "
        "address a half",
        "一个工作进程同时持有的请求体字节数；超出则返回 429。大于 1 MB 的请求体最多占四分之三，"
        "单个客户端地址最多占一半",
        "integer",
        low=1_000_000,
        high=10**12,
    )
    answers_bytes: int = setting(
        128_000_000,
        "limit_answers_bytes",
        "bytes of responses in one worker that clients have not read yet; beyond that the "
        "connections that have waited longest are closed",
        "一个工作进程中客户端尚未读取的响应字节数；超出则关闭等待最久的连接",
        "integer",
        low=1_000_000,
        high=10**12,
    )
    answer_bytes: int = setting(
        100_000_000,
        "limit_answer_bytes",
        "bytes of one answer that holds pictures or files (POST /ocr, /pages, /export); one that "
        "would have more is refused",
        "含图像或文件的单个答复（POST /ocr、/pages、/export）的字节数上限；超过则拒绝",
        "integer",
        low=1_000_000,
        high=10**10,
    )
    images_bytes: int = setting(
        400_000_000,
        "limit_images_bytes",
        "memory for decoding large images in one worker; images beyond it wait for others, one is "
        "always decoded",
        "一个工作进程解码大图像可用的内存；超出的图像等待其他图像完成，始终有一张可以解码",
        "integer",
        low=1_000_000,
        high=10**12,
    )
    images: int = setting(
        32,
        "limit_images",
        "images in one request",
        "一个请求最多的图像数",
        "integer",
        low=1,
        high=10_000,
    )
    pixels: int = setting(
        DEFAULT_MAX_PIXELS,
        "limit_pixels",
        "width times height of an image, read from its header before it is decoded",
        "图像宽乘高的上限，解码前从文件头读取",
        "integer",
        low=1,
        high=HIGHEST_MAX_PIXELS,
    )
    detector_pixels: int = setting(
        4_000_000,
        "limit_detector_pixels",
        "largest width times height of the detector's input that det_limit_side_len and "
        "det_limit_type may lead to (about 160 bytes of memory a pixel); an image with more is "
        "refused",
        "det_limit_side_len 与 det_limit_type 所得检测器输入的宽乘高上限（每个像素约占 160 字节"
        "内存）；超过的图被拒绝",
        "integer",
        low=1024,
        high=100_000_000,
    )
    lines: int = setting(
        1000,
        "limit_lines",
        "lines read in one image; one with more is refused",
        "一张图最多识别的文字行数；超过的图被拒绝",
        "integer",
        low=1,
        high=100_000,
    )
    queue: int = setting(
        128,
        "limit_queue",
        "requests running or waiting in one worker; one more is answered 429",
        "一个工作进程中正在处理和等待的请求数；再多则返回 429",
        "integer",
        low=1,
        high=100_000,
    )
    queue_per_client: int = setting(
        96,
        "limit_queue_per_client",
        "places of limit_queue for the requests of one client address; 0: all",
        "limit_queue 中单个客户端地址可占的请求数；0：全部",
        "integer",
        high=100_000,
    )
    deadline_s: float = setting(
        30.0,
        "limit_deadline_s",
        "seconds from a request's arrival to its answer; later ones are answered 504",
        "从请求到达到返回响应的秒数；超时返回 504",
        "number",
        low=0.1,
        high=3600,
    )
    header_s: float = setting(
        10.0,
        "limit_header_s",
        "seconds for a client to send a request's headers; then its connection is closed",
        "客户端发送请求头的秒数；之后连接被关闭",
        "number",
        low=0.1,
        high=3600,
    )
    header_bytes: int = setting(
        32_768,
        "limit_header_bytes",
        "bytes of a request's URL and headers; longer ones are answered 414 or 431",
        "请求的 URL 与请求头的字节数；更长则返回 414 或 431",
        "integer",
        low=1024,
        high=1 << 20,
    )
    body_s: float = setting(
        20.0,
        "limit_body_s",
        "seconds for a client to send a request's body, or to read the response",
        "客户端发送请求体或读取响应的秒数",
        "number",
        low=0.1,
        high=3600,
    )
    keep_alive_s: int = setting(
        75,
        "limit_keep_alive_s",
        "seconds an idle connection is kept",
        "空闲连接保留的秒数",
        "integer",
        high=3600,
    )
    connections: int = setting(
        2048,
        "limit_connections",
        "connections of one worker; for one more an idle one is closed, and without an idle one it "
        "is answered 503",
        "一个工作进程的连接数；再多时关闭一个空闲连接，没有空闲连接则返回 503",
        "integer",
        low=1,
        high=1_000_000,
    )
    connections_per_client: int = setting(
        1024,
        "limit_connections_per_client",
        "connections of one client address, in the same way; 0: no such limit",
        "单个客户端地址的连接数，规则相同；0：不限",
        "integer",
        high=1_000_000,
    )


PDF_MEMORY_MB = 384
"""Memory that rendering a PDF may take at the server: three times a page of 50 megapixels and its
picture."""
