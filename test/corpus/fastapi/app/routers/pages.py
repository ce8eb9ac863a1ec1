import asyncio
import pathlib

from fastapi import APIRouter, Depends, Request, WebSocket
from fastapi.responses import FileResponse, HTMLResponse, PlainTextResponse, RedirectResponse, StreamingResponse
from fastapi.security import HTTPBasic, HTTPBasicCredentials, OAuth2PasswordBearer, OAuth2PasswordRequestForm

router = APIRouter()
here = pathlib.Path(__file__).parent.parent
basic = HTTPBasic()
bearer = OAuth2PasswordBearer(tokenUrl="token")


@router.get("/page", response_class=HTMLResponse)
async def page(request: Request):
    from fastapi.templating import Jinja2Templates

    return Jinja2Templates(directory=here / "templates").TemplateResponse("page.html", {"request": request, "name": "Ada"})


@router.get("/lines")
async def lines():
    async def generate():
        for number in range(3):
            yield f"{number}\n"
            await asyncio.sleep(0)

    return StreamingResponse(generate(), media_type="text/plain")


@router.get("/thread")
def thread():
    import threading

    return {"worker": threading.current_thread() is not threading.main_thread()}


@router.get("/file")
async def file():
    return FileResponse(here / "static" / "index.html", filename="index.html")


@router.get("/old")
async def old():
    return RedirectResponse("/page")


@router.get("/basic")
def who(credentials: HTTPBasicCredentials = Depends(basic)):
    return credentials.username


@router.post("/token")
def token(form: OAuth2PasswordRequestForm = Depends()):
    return {"access_token": form.username, "token_type": "bearer"}


@router.get("/me")
def me(token: str = Depends(bearer)):
    return token


@router.get("/zone")
def zone(name: str):
    import datetime
    import zoneinfo

    return datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc).astimezone(zoneinfo.ZoneInfo(name)).isoformat()


@router.get("/metadata")
def metadata():
    import importlib.metadata

    return {name: importlib.metadata.version(name).split(".")[0] for name in ("fastapi", "starlette", "pydantic")}


@router.get("/child", response_class=PlainTextResponse)
async def child():
    process = await asyncio.create_subprocess_shell("echo one two | tr a-z A-Z | cut -d' ' -f2", stdout=asyncio.subprocess.PIPE)
    return (await process.communicate())[0]


@router.websocket("/echo")
async def echo(socket: WebSocket):
    await socket.accept()
    await socket.send_json({"echo": await socket.receive_text()})
    await socket.close()
