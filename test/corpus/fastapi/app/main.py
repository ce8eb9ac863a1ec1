import importlib
import pathlib

from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles

here = pathlib.Path(__file__).parent
app = FastAPI(title="Bicycles", version="1")
app.add_middleware(CORSMiddleware, allow_origins=["https://example.org"], allow_methods=["*"])
app.add_middleware(GZipMiddleware, minimum_size=100)
app.mount("/static", StaticFiles(directory=here / "static", html=True))

# Sub-applications by the names of their files.
for source in sorted(here.glob("routers/[a-z]*.py")):
    app.include_router(importlib.import_module(f".routers.{source.stem}", __package__).router)


@app.get("/health")
def health():
    return {"ok": True}


@app.exception_handler(LookupError)
async def missing(request: Request, error: LookupError):
    return JSONResponse({"detail": str(error)}, status_code=404)
