"""The jobs of a run, planned before anything is started or written."""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from pydantic import ValidationError

from photobatch import schemas
from photobatch.engine.done_before import Done, recipe
from photobatch.engine.installed import capture_times, reads_raw
from photobatch.engine.report import PhotoOutcome, Report
from photobatch.errors import of_validation
from photobatch.file_names import folded
from photobatch.inputs import InputPhoto, collect
from photobatch.naming.formats import EXTENSIONS, FORMATS
from photobatch.outputs import Naming, checked_template, plan, refuse_overwriting
from photobatch.photos import is_address
from photobatch.refusal import RefusalError
from photobatch.watching.stamp import Stamp, stamp


@dataclass(frozen=True, slots=True)
class RunOptions:
    """A command line of `photobatch run`."""

    inputs: Sequence[Path]
    out: Path
    preset_id: str | None = None
    preset_type: str | None = None
    preset_name: str | None = None  # of a preset that a file had: its type and parameters stand in these options
    params: dict[str, Any] = field(default_factory=dict)
    output: dict[str, Any] = field(default_factory=dict)  # of schemas.OutputOptions, without `name`
    name: str | None = None
    consistency: float | None = None  # how far the light of the photos is matched, 0..1; None: not at all
    recursive: bool = True
    skip_existing: bool = False
    again: bool = False
    strict: bool = False
    dry_run: bool = False
    workers: int | None = None

    @property
    def preset_called(self) -> str:
        """What `{preset}` is in names."""
        return self.preset_name or self.preset_id or self.preset_type or ""


@dataclass(frozen=True, slots=True)
class Job:
    """One photo: its file (links followed), the place of its result, and its outcome."""

    source: Path
    output: Path
    outcome: PhotoOutcome
    stamp: Stamp | None  # of the source
    out: Path  # the folder of all results
    alone: bool = False  # no other result has the same name with another extension

    def variant(self, name: str, made: str) -> Path:
        """Return the place of a variant in the format `made`: in a folder of its name, in the same tree."""
        place = self.output.relative_to(self.out)
        if FORMATS.get(place.suffix.lower()) != made:
            place = place.with_name((place.stem if self.alone else place.name) + EXTENSIONS[made])
        return self.out / name / place


class Work:
    """The photos of a command line, with a report on all of them. Raises RefusalError."""

    def __init__(self, options: RunOptions) -> None:
        self.options = options
        dated = options.name is not None and "date" in checked_template(options.name).fields
        collected = collect(options.inputs, recursive=options.recursive, out=options.out, raw=reads_raw())
        photos = collected.photos
        dates = capture_times([photo.path for photo in photos]) if dated else None
        naming = Naming(options.output.get("format", "same"), options.name, options.preset_called, dates)
        outputs = [options.out / place for place in plan(photos, naming)]
        refuse_overwriting(photos, outputs)
        refuse_variants(options.output, (output.relative_to(options.out) for output in outputs))
        stems = Counter(folded(str(output.with_suffix(""))) for output in outputs)
        jobs = [
            _job(photo, output, options.out, alone=stems[folded(str(output.with_suffix("")))] == 1)
            for photo, output in zip(photos, outputs, strict=True)
        ]
        self.report = Report([job.outcome for job in jobs], not_taken=dict(collected.not_taken), strict=options.strict)
        self.jobs = [job for job in jobs if not (options.skip_existing and _skip(job))]
        self.request = request_of(options, self.jobs)
        self.done = Done(options.out, "")

    def go_on(self, preset: Any) -> None:
        """Skip photos that a killed run with the same options has done; `preset`: the resolved preset.

        Photos that are matched with one another are done anew together, unless all are done.
        """
        options = self.options
        matched = {} if options.consistency is None else {"consistency": options.consistency}
        self.done = Done(options.out, recipe(preset, options.output | matched, named_files(options.params)))
        if options.again:
            return
        self.done.read_left()
        if matched and not all(self._keeps(job) for job in self.jobs):
            return
        self.jobs = [job for job in self.jobs if not self._is_done(job)]
        self.request = request_of(options, self.jobs)

    def _keeps(self, job: Job) -> bool:
        return self.done.keeps(job.source, job.stamp, job.output)

    def _is_done(self, job: Job) -> bool:
        if self._keeps(job):
            job.outcome.status = "skipped"
            self.report.continued += 1
        return job.outcome.status == "skipped"


def refuse_variants(output: dict[str, Any], places: Iterable[PurePath]) -> None:
    """Raise RefusalError if the folder of a variant would be one of the results', which are at these places."""
    variants = {variant["name"] for variant in output.get("also", ())}
    if both := sorted(variants & {folded(place.parts[0]) for place in places}):
        raise RefusalError(f"The results have a folder {both[0]} of their own; give --also {both[0]} another name.")


def file_roots(sources: Iterable[Path]) -> list[Path]:
    """Return the fewest folders that hold all sources and nothing above them."""
    roots: list[Path] = []
    for folder in sorted({source.parent for source in sources}):
        if not roots or not folder.is_relative_to(roots[-1]):
            roots.append(folder)
    return roots


def named_files(params: dict[str, Any]) -> list[Path]:
    """Return the files, mask and LUT, that the parameters name."""
    return [Path(params[name]) for name in ("mask", "lut") if isinstance(params.get(name), str)]


def mask_file(params: dict[str, Any]) -> Path | None:
    """Return the mask of the parameters if it is a local file, links followed; None for an address or no mask."""
    mask = params.get("mask")
    return Path(os.path.realpath(mask)) if isinstance(mask, str) and not is_address(mask) else None


def _local_mask(params: dict[str, Any]) -> dict[str, str]:
    file = mask_file(params)
    if file is None:
        return {}
    if not file.is_file():
        raise RefusalError(f"There is no mask {params['mask']}.")
    return {"mask": file.as_uri()}


def _job(photo: InputPhoto, output: Path, out: Path, *, alone: bool) -> Job:
    outcome = PhotoOutcome(source=str(photo.path), output=str(output))
    source = Path(os.path.realpath(photo.path))
    return Job(source, output, outcome, stamp(source), out, alone)


def _skip(job: Job) -> bool:
    """Mark the photo as skipped if its result exists."""
    if job.output.is_file():
        job.outcome.status = "skipped"
    return job.outcome.status == "skipped"


def request_of(options: RunOptions, jobs: Iterable[Job]) -> schemas.SubmitRequest:
    """Return the submit of these jobs; raises RefusalError."""
    try:
        return schemas.SubmitRequest.model_validate(
            {
                "image_urls": [job.source.as_uri() for job in jobs],
                "preset_id": options.preset_id,
                "preset_type": options.preset_type,
                "preset_params": options.params | _local_mask(options.params),
                "output": options.output,
                "consistency": "none" if options.consistency is None else "shoot",
                "consistency_strength": 1.0 if options.consistency is None else options.consistency,
            }
        )
    except ValidationError as error:
        raise RefusalError(of_validation(error).detail) from error
