"""The same answers for other programs: REST, OpenAI's protocol and MCP, beside the page.

commands.py    `youju serve`, `youju mcp`, `youju user`
app.py         the application, put together
service.py     what its requests share
answering.py   an answer in a thread of its own, its writing in turn
rest.py, openai_api.py, mcp.py   the three ways to ask
listen.py      the address that it is served at
gate.py        who may come in and how often; origin.py: from where
login.py       the log-in page
sessions.py    an open page is its user's
headers.py     what browsers are told to keep to: this host alone
limits.py      how often, and how large
observe.py     every request counted, logged and traced: metrics.py, logs.py, tracing.py

No question and no text is logged, counted or traced, unless YOUJU_LOG_TEXTS says so for the log.
"""
