"""What gensim makes of word2vec files: `load FILE BINARY VOCABULARY`, or `train FOLDER`, which writes some. One JSON object."""
import json, os, sys
from gensim.models import KeyedVectors, Word2Vec


def neighbours(vectors):
    songs = len(vectors)
    return [vectors.most_similar(key, topn=songs - 1) for key in vectors.index_to_key]


if sys.argv[1] == "load":
    vectors = KeyedVectors.load_word2vec_format(sys.argv[2], binary=sys.argv[3] == "binary", fvocab=sys.argv[4])
    counts = [int(vectors.get_vecattr(key, "count")) for key in vectors.index_to_key]
    print(json.dumps({"ids": vectors.index_to_key, "counts": counts, "neighbours": neighbours(vectors)}))
else:
    folder = sys.argv[2]
    with open(os.path.join(folder, "playlists.json"), encoding="utf8") as file:
        playlists = json.load(file)
    model = Word2Vec(playlists, vector_size=24, window=5, min_count=1, sg=1, negative=5, epochs=20, seed=1, workers=1)
    outputs = KeyedVectors(model.vector_size)
    outputs.add_vectors(model.wv.index_to_key, model.syn1neg)
    for name, binary in (("binary", True), ("text", False)):
        model.wv.save_word2vec_format(os.path.join(folder, name), fvocab=os.path.join(folder, "vocabulary"), binary=binary)
        outputs.save_word2vec_format(os.path.join(folder, name + "-outputs"), binary=binary)
    context = model.wv.index_to_key[:3]
    predicted = [(song, float(share)) for song, share in model.predict_output_word(context, topn=len(model.wv))]
    print(json.dumps({"ids": model.wv.index_to_key, "neighbours": neighbours(model.wv), "context": context, "predicted": predicted}))
