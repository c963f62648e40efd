"""Diagnostics of a fit, as plain tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from calibration.figures.measures import MEASURES
from calibration.figures.targets import Target
from calibration.fit import POOLED, Fitted, Frame, Wave, logs_of, sizes, typical
from calibration.likelihood import ObservedTargets, log_of
from calibration.space import LEVELS, Space
from calibration.surface import Surface, explained
from sim.states import AGES

Floats = NDArray[np.float64]
Z95, Z90 = 1.959964, 1.644854
HARD = {
    "need, signal and access": ("need.onset_light", "signal.health", "signal.access", "start.ambulant"),
    "lasting frailty and earlier care": (
        "frailty.sd", "frailty.on_care", "need.relapse.12", "start.seen.unseen",
    ),
    "effect of care and severity of those in care": (
        "need.care_on_recovery", "need.care_on_escalation", "start.ambulant.complex", "need.recover_moderate",
    ),
}  # fmt: skip
"""Sets of parameters that the figures hardly identify apart."""
HELD_OUT_RUNS = 40


def target_rows(targets: Sequence[Target], outcomes: Sequence[Mapping[str, float]],
                best: Mapping[str, float], noise: Mapping[str, float]) -> list[dict[str, Any]]:  # fmt: skip
    """Return a row per target with the best fit, the draws, and the 95 percent predictive interval.

    Intervals are normal on the log scale; the Monte Carlo variance of a run (`noise`, of the logarithm)
    is taken out of the spread of the draws; the predictive interval adds the tolerance of the figure.
    """
    published = {target.id: target.value for target in targets}
    rows = []
    for target in targets:
        if target.id not in best or any(name not in best for name in target.share_of):
            continue
        logs = np.array([log_of(target, found) for found in outcomes])
        own = max(float(logs.var()) - noise.get(target.id, 0.0), 0.0)
        wide = float(np.sqrt(own + target.tolerance**2))
        seen, middle = log_of(target, published), float(logs.mean())
        unit = target.value / np.exp(seen)  # back from a share to the figure
        rows.append({
            "id": target.id, "role": target.role, "measure": target.measure, "year": target.year,
            "age_from": target.age_from, "age_to": target.age_to,
            "share_of": "+".join(target.share_of), "value": target.value, "tolerance": target.tolerance,
            "best": float(np.exp(log_of(target, best)) * unit),
            "best_error": float(np.exp(log_of(target, best) - seen) - 1),
            "median": float(np.exp(middle) * unit),
            "low": float(np.exp(middle - Z95 * np.sqrt(own)) * unit),
            "high": float(np.exp(middle + Z95 * np.sqrt(own)) * unit),
            "predictive_low": float(np.exp(middle - Z95 * wide) * unit),
            "predictive_high": float(np.exp(middle + Z95 * wide) * unit),
            "inside": bool(abs(seen - middle) <= Z95 * wide),
            "distance": float((middle - seen) / wide),
        })  # fmt: skip
    return rows


def parameter_rows(space: Space, draws: Floats, best: Floats) -> list[dict[str, Any]]:
    """Return a row per free parameter: prior, posterior, and how much narrower it became."""
    low, middle, high = (np.asarray(np.quantile(draws, q, axis=0)) for q in (0.05, 0.5, 0.95))
    spread = draws.std(axis=0)
    values = [space.values(z) for z in (best, low, middle, high)]
    return [
        {
            "name": name, "prior": record.value, "prior_low": record.low, "prior_high": record.high,
            **{key: v[name] for key, v in zip(("best", "low", "median", "high"), values, strict=True)},
            "shift": float(middle[j]), "spread": float(spread[j]),
        }
        for j, name in enumerate(space.names)
        if (record := space.base.records[name])
    ]  # fmt: skip


def correlations(space: Space, draws: Floats, most: int = 25) -> list[dict[str, Any]]:
    """Return the most correlated pairs of parameters in the posterior."""
    matrix: Floats = np.asarray(np.corrcoef(draws.T))
    first, second = np.triu_indices(space.size, 1)
    order = np.argsort(-np.abs(matrix[first, second]))[:most]
    return [
        {"first": space.names[first[k]], "second": space.names[second[k]],
         "correlation": float(matrix[first[k], second[k]])}
        for k in order
    ]  # fmt: skip


def identifiability(space: Space, jacobian: Floats, fitted: ObservedTargets) -> dict[str, Any]:
    """Return the identifiability of parameters, from the Jacobian [targets, d] scaled by prior and errors.

    A singular value above 1 is a direction of which the figures say more than the prior. The collinearity
    index of a set of parameters (Brun, Reichert & Kuensch 2001) is how far a change of one of them can be
    undone by the others: above 10 to 15 they cannot be distinguished.
    """
    scaled = np.linalg.solve(np.linalg.cholesky(fitted.covariance), jacobian)
    _, values, vectors = np.linalg.svd(scaled, full_matrices=False)
    found = []
    for words, whole in ({"levels, which answer to a figure each": LEVELS} | HARD).items():
        names = tuple(name for name in whole if name in space.names)  # a structure may fix some of them
        if len(names) < 2:
            continue
        columns = scaled[:, space.positions(names)]
        lengths = np.linalg.norm(columns, axis=0)
        unit = columns / np.maximum(lengths, 1e-12)
        eigenvalues, eigenvectors = np.linalg.eigh(unit.T @ unit)
        weakest = eigenvectors[:, 0]
        order = np.argsort(-np.abs(weakest))[:4]
        found.append({
            "group": words,
            "index": float(1 / np.sqrt(max(float(eigenvalues[0]), 1e-12))),
            "weakest": [{"name": names[k], "weight": float(weakest[k])} for k in order],
        })  # fmt: skip
    informed = int((values > 1).sum())
    weak = vectors[max(informed - 1, 0)]
    order = np.argsort(-np.abs(weak))[:6]
    sensitivity = np.linalg.norm(scaled, axis=0)
    return {
        "singular_values": values.tolist(),
        "informed_directions": informed,
        "free_parameters": space.size,
        "weakest_informed": [{"name": space.names[k], "weight": float(weak[k])} for k in order],
        "silent": [space.names[k] for k in np.flatnonzero(sensitivity < 0.25)],
        "collinearity": found,
    }


def coverage(wave: Wave, fitted: ObservedTargets, seed: int) -> dict[str, float]:
    """Return how often 90 percent intervals hold the truth when the truth is known.

    Runs of the design are set apart, the surface is fitted without them, and what each came to, with
    errors of the figures added, stands in for what was published. Their parameters were drawn from the
    design, which is the prior of this test; intervals are normal, around the mode on the surface.
    """
    points = Frame(wave.centre, wave.root).of(wave.z)
    held = slice(0, min(HELD_OUT_RUNS, len(points) // 4))
    rest = slice(held.stop, None)
    logs = logs_of(fitted, wave.outcomes)
    surface = Surface.fit(points[rest], logs[rest], sizes([wave])[rest])
    errors = fitted.covariance + np.diag(surface.variance(typical(points.shape[1])) + surface.luck)
    luck = np.random.default_rng([seed, 4])
    root = np.linalg.cholesky(fitted.covariance)
    inside: list[NDArray[np.bool_]] = []
    narrowed: list[NDArray[np.bool_]] = []
    directions: list[NDArray[np.bool_]] = []
    for u, seen in zip(points[held], logs[held], strict=True):
        observed = seen + root @ luck.standard_normal(seen.size)
        found, spread, jacobian = _mode(surface, errors, observed)
        error = u - found
        z_spread = np.sqrt(np.einsum("ij,jk,ik->i", wave.root, spread, wave.root))
        z_error = wave.root @ error
        hits = np.abs(z_error) <= Z90 * z_spread
        before = np.sqrt((wave.root**2).sum(axis=1))
        inside.append(hits)
        narrowed.append(hits[z_spread < 0.8 * before])
        _, _, vectors = np.linalg.svd(jacobian, full_matrices=False)
        top = vectors[:10]
        widths = np.sqrt(np.einsum("ij,jk,ik->i", top, spread, top))
        directions.append(np.abs(top @ error) <= Z90 * widths)
    return {
        "runs": float(len(inside)),
        "parameters": float(np.mean(np.concatenate(inside))),
        "narrowed_parameters": float(np.mean(np.concatenate(narrowed))) if any(map(len, narrowed)) else 1.0,
        "strongest_directions": float(np.mean(np.concatenate(directions))),
    }


def _mode(surface: Surface, errors: Floats, observed: Floats) -> tuple[Floats, Floats, Floats]:
    """Return mode, covariance and scaled Jacobian of the posterior in u with prior N(0, 1)."""
    u = np.zeros(surface.points.shape[1])
    spread: Floats = np.eye(u.size)
    scaled: Floats = np.zeros((observed.size, u.size))
    factor, root = cho_factor(errors), np.linalg.cholesky(errors)
    for _ in range(6):
        jacobian = surface.jacobian(u)
        weighted = cho_solve(factor, jacobian)
        spread = np.asarray(np.linalg.inv(np.eye(u.size) + jacobian.T @ weighted), dtype=np.float64)
        step = spread @ (weighted.T @ (observed - surface.predict(u[None])[0] + jacobian @ u)) - u
        u = np.asarray(u + 0.8 * step)
        scaled = np.linalg.solve(root, jacobian)
    return u, spread, scaled


def surface_error(found: Fitted) -> list[dict[str, Any]]:
    """Return per target how well the surface predicts runs that it has not seen, and where members ended.

    explained: of the variance over the latest waves that is no luck of a run, each run predicted from all
    others. near: the same over the last round of the ensemble alone. off: by how much members missed their
    own figures in the first round and in the last.
    """
    latest = found.waves[-POOLED:]
    children = sizes(latest)
    logs = np.concatenate([logs_of(found.fitted, wave.outcomes) for wave in latest])
    errors = found.surface.left_out()
    luck = found.noise * found.waves[-1].children / children[:, None]
    last = slice(children.size - len(latest[-1].z), None)
    return [
        {"id": target.id, "explained": float(whole), "near": float(near), "draw_noise": float(np.sqrt(noise)),
         "off_first": float(first), "off_last": float(final)}
        for target, whole, near, noise, first, final in zip(
            found.fitted.targets, explained(logs, errors, luck),
            explained(logs[last], errors[last], luck[last]), found.noise, found.off[0], found.off[-1],
            strict=True,
        )
    ]  # fmt: skip


def age_profile(found: Fitted) -> list[dict[str, float]]:
    """Return use and need by single year of age in 2018: nothing here was fitted by single year."""
    rows = []
    for age in range(AGES):
        row: dict[str, float] = {"age": float(age)}
        for name in ("users_share", "need_share"):
            values = np.array([outcome[f"{name}.{age}"] for outcome in found.outcomes])
            row |= {
                name: found.best_outcome[f"{name}.{age}"],
                f"{name}_low": float(np.quantile(values, 0.025)),
                f"{name}_high": float(np.quantile(values, 0.975)),
            }  # fmt: skip
        rows.append(row)
    return rows


def summary(found: Fitted, targets: Sequence[Target], seed: int) -> dict[str, Any]:
    """Return all diagnostics of a fit as plain data."""
    noise = dict(zip((t.id for t in found.fitted.targets), found.noise.tolist(), strict=True))
    counted = [t for t in targets if t.region == "NL" and MEASURES[t.measure] is not None]
    at = found.frame.of(found.best[None])[0]
    jacobian = found.surface.jacobian(at) @ np.linalg.inv(found.frame.root)
    misfits = []
    for wave in found.waves:
        distances = found.fitted.misfit(logs_of(found.fitted, wave.outcomes))
        misfits.append({"runs": len(wave.z), "median_misfit": float(np.median((distances**2).sum(axis=1)))})
    return {
        "targets": target_rows(counted, found.outcomes, found.best_outcome, noise),
        "parameters": parameter_rows(found.space, found.draws, found.best),
        "correlations": correlations(found.space, found.draws),
        "identifiability": identifiability(found.space, jacobian, found.fitted),
        "sampler": {"rounds": len(found.off)},
        "emulator": surface_error(found),
        "coverage": coverage(found.waves[-len(found.off) - 1], found.fitted, seed),
        "waves": misfits,
        "ages": age_profile(found),
    }  # fmt: skip
