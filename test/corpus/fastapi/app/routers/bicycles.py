import datetime
import decimal
import enum
import uuid
from typing import List, Optional

from fastapi import APIRouter, BackgroundTasks, Depends, File, Form, Header, HTTPException, Query, UploadFile
from pydantic import BaseModel, EmailStr, Field, HttpUrl, IPvAnyAddress, validator

router = APIRouter(prefix="/bicycles", tags=["bicycles"])
log = []


class Colour(str, enum.Enum):
    red = "red"
    blue = "blue"


class Bicycle(BaseModel):
    owner: EmailStr
    colour: Colour
    price: decimal.Decimal = Field(gt=0)
    bought: datetime.date
    serial: uuid.UUID
    manual: Optional[HttpUrl] = None
    tracker: Optional[IPvAnyAddress] = None
    tags: List[str] = []

    @validator("tags", each_item=True)
    def lower(cls, value):
        return value.lower()


def paging(skip: int = 0, limit: int = Query(10, le=100)):
    return {"skip": skip, "limit": limit}


@router.get("/")
async def index(page: dict = Depends(paging), user_agent: Optional[str] = Header(None)):
    return {**page, "agent": user_agent}


@router.post("/", status_code=201, response_model=Bicycle, response_model_exclude_unset=True)
async def create(bicycle: Bicycle, tasks: BackgroundTasks):
    tasks.add_task(log.append, bicycle.owner)
    return bicycle


@router.get("/log")
def logged():
    return log


@router.post("/photo")
async def photo(file: UploadFile = File(...), title: str = Form(...)):
    return {"title": title, "name": file.filename, "size": len(await file.read())}


@router.get("/{number}")
def one(number: int):
    if number == 13:
        raise LookupError("no thirteen")
    if number > 100:
        raise HTTPException(410, "gone", {"x-reason": "old"})
    return {"number": number}
