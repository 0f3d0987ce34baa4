"""PDF files: rendered and searched for text in a process that can be stopped.

`worker`, `render` and `characters` run in that process and import pypdfium2; `document`,
`process` and `text_layer` run in the caller's.
"""
