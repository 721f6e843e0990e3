"""gensim's most_similar behind FastAPI and uvicorn, for the vectors of a model. Usage: serve-gensim.py FOLDER PORT"""
import json
import sys

import numpy
import uvicorn
from fastapi import FastAPI
from gensim.models import KeyedVectors
from pydantic import BaseModel

folder, port = sys.argv[1:]
with open(f"{folder}/vectors.safetensors", "rb") as file:
    start = 8 + int.from_bytes(file.read(8), "little")
    header = json.loads(file.read(start - 8))
shape = header["input"]["shape"]
offset = start + header["input"]["data_offsets"][0]
values = numpy.fromfile(f"{folder}/vectors.safetensors", dtype="<f4", count=shape[0] * shape[1], offset=offset)
matrix = values.reshape(shape)
with open(f"{folder}/songs.jsonl", encoding="utf-8") as lines:
    songs = [json.loads(line)["id"] for line in lines]
vectors = KeyedVectors(shape[1])
vectors.add_vectors(songs, matrix)
vectors.fill_norms()
app = FastAPI()


class Query(BaseModel):
    songs: list[str]
    limit: int = 10


@app.get("/v1/songs/{song_id}/similar")
def similar(song_id: str, limit: int = 10):
    return {"items": [{"songId": key, "score": score} for key, score in vectors.most_similar(song_id, topn=limit)]}


@app.post("/v1/recommendations")
def recommend(query: Query):
    similar = vectors.most_similar(positive=query.songs, topn=query.limit)
    return {"items": [{"songId": key, "score": score} for key, score in similar]}


uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning")
