"""Plug-ins for other people's programs, a thin file each, which their own loaders import.

=============  =============================================================
``ocrmypdf``   an OCR engine of OCRmyPDF: ``ocrmypdf --ocr-engine hubocr``
``docling``    an OCR engine of docling: ``HubocrOptions`` in its pipeline options
``langchain``  a document loader of LangChain: ``HubocrLoader``
``pipelines``  the pipelines that they read with
=============  =============================================================
"""
