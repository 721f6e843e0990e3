"""Trains gensim's Word2Vec with the JSON object in the first argument, and prints the result as JSON."""
import json, os, sys, time
import numpy as np
from gensim.models import Word2Vec

task = json.loads(sys.argv[1])
if task["feed"] == "file":
    source = {"corpus_file": task["plays"]}
else:
    with open(task["plays"]) as lines:
        source = {"corpus_iterable": [line.split() for line in lines]}

model = Word2Vec(workers=task["workers"], **task["keywords"])
model.build_vocab(**source)
started = time.perf_counter(), time.process_time()
model.train(**source, total_examples=model.corpus_count, total_words=model.corpus_total_words, epochs=task["epochs"])
took = {"seconds": time.perf_counter() - started[0], "cpuSeconds": time.process_time() - started[1]}

if "folder" in task:
    songs = len(model.wv)
    rows = [model.wv.key_to_index[str(row)] for row in range(songs)]

    def write(name, values, kind):
        np.asarray(values).astype(kind).tofile(os.path.join(task["folder"], name))

    write("input.f32", model.wv.vectors[rows], np.float32)
    if model.negative:
        write("output.f32", model.syn1neg[rows], np.float32)
    else:
        write("output.f32", model.syn1, np.float32)
        attribute = model.wv.get_vecattr
        paths = [2 * attribute(row, "point").astype(np.uint32) + attribute(row, "code") for row in rows]
        write("paths.u32", np.cumsum([0] + [len(path) for path in paths]), np.uint32)
        write("nodes.u32", np.concatenate(paths), np.uint32)

print(json.dumps(took))
