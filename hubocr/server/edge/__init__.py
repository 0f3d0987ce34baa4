"""The edge of the server: limits on bytes and time before a request reaches the HTTP library.

`protocol` stands between the socket and uvicorn's HTTP protocol and talks to both through asyncio's
own interface alone; nothing of the library is patched. It sees to what the library has no setting
for: how large and how slow headers may be, how many connections there may be and which one gives
way, that a connection ends after an answer that came before the body's end, and that answers which
nobody takes are dropped. `connections` has the limits and the table of a worker's connections,
`middleware` is the application's side.
"""
