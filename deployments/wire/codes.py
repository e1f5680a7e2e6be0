"""Every code that an answer may name: what it means, what a client does about it, and where it comes.

docs/http.md, the OpenAPI document and the status of answers follow from this table. A code is stable: programs compare
it, people read the `detail` beside it. Sources raise a code as a string; tests hold them to this table.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """One code."""

    status: int | None  # of a problem, the answer to a request; None: it never is one
    meaning: str
    advice: str
    in_photo: bool = False  # it may be in a photo's `error`, or in the `errors` of a batch that has prefixes


def _either(status: int, meaning: str, advice: str) -> Code:
    return Code(status, meaning, advice, in_photo=True)


def _of_photo(meaning: str, advice: str) -> Code:
    return Code(None, meaning, advice, in_photo=True)


CODES: dict[str, Code] = {
    # --- the answer to a request --------------------------------------------------------------------------------------
    "append_conflict": Code(
        409, "The batch does not have as many photos as `at` says.", "The detail says how many; append there."
    ),
    "bad_request": Code(
        400, "The client left before its request was complete, or the request is not valid HTTP.", "Send it again."
    ),
    "bad_transition": Code(409, "The batch's state forbids this.", "docs/batches.md has the table."),
    "batch_closed": Code(409, "The batch takes no more photos.", "Submit a batch with `open: true` to append to it."),
    "busy": Code(
        503, "Too many large requests arrive at once; nothing of this one is kept.", "Repeat it after `Retry-After`."
    ),
    "cannot_sign": Code(
        409, "The service gives out no addresses of its store.", "Send the file to `POST /api/v1/uploads`."
    ),
    "forbidden": Code(
        403,
        "`user_id` is not the user of this key, or the preset is somebody else's.",
        "Leave `user_id` out; duplicate the preset and change your copy.",
    ),
    "forbidden_host": Code(
        403,
        "Without keys the service answers to this machine's names alone.",
        "Use 127.0.0.1, or list the name in BATCH_CORS_ORIGINS.",
    ),
    "forbidden_origin": Code(403, "A page of another origin asked.", "List its origin in BATCH_CORS_ORIGINS."),
    "idempotency_in_progress": Code(409, "The first request with this key is under way.", "Repeat it in a moment."),
    "idempotency_mismatch": Code(422, "The key was used for another request.", "Use a new key for a new batch."),
    "invalid_form": Code(422, "The form can't be read.", "Correct what the detail names."),
    "invalid_json": Code(400, "The body is not valid JSON.", "Correct what the detail names."),
    "invalid_lut": Code(
        422, "The file is not a LUT.", "The detail says what is wrong, and in which line; export it again."
    ),
    "invalid_params": Code(
        422, "A parameter of the preset is wrong.", "`field` names it, the detail says what is allowed."
    ),
    "invalid_request": Code(422, "A field or parameter is wrong.", "`field` names it."),
    "invalid_xmp": Code(
        422, "The file is no preset of Lightroom or Camera Raw.", "The detail says why; export it again as .xmp."
    ),
    "journal_behind": Code(
        503, "The journal came back older than it was; nothing is recorded.", "Try later; the keeper has to decide."
    ),
    "journal_unavailable": Code(
        503,
        "Nothing can be recorded just now (Redis does not answer); nothing is lost.",
        "Repeat it after `Retry-After`.",
    ),
    "method_not_allowed": Code(405, "This address does not take that method.", "The `Allow` header names its methods."),
    "no_photos": Code(422, "The batch would have no photos.", "Name `image_urls`, `photos` or `files`."),
    "no_worker": Code(503, "Only a worker can do this, and none is ready.", "Repeat it after `Retry-After`."),
    "not_found": Code(404, "There is nothing of that name, any more, or for you.", "Check the name."),
    "not_ready": Code(
        404, "The photo or batch has no result yet.", "The detail says why; come back when it has ended."
    ),
    "photo_active": Code(409, "The photo waits or is being computed.", "Adjust it when it has ended."),
    "preset_exists": Code(409, "The id is taken.", "Choose another one."),
    "queue_full": Code(
        429,
        "No more may wait; the detail says whose limit that is.",
        "Repeat it after `Retry-After`. Without that header waiting does not help: resume or end what is paused.",
    ),
    "range_not_satisfiable": Code(416, "The range lies outside the file.", "`Content-Range` tells the file's size."),
    "rate_limited": Code(429, "More requests a second than BATCH_RATE_LIMIT.", "Repeat it after `Retry-After`."),
    "read_only": Code(403, "The preset is built in.", "Duplicate it, and change your copy."),
    "storage_full": Code(507, "The server's disk is full.", "Delete batches that are not needed any more."),
    "storage_unavailable": Code(503, "The blob store does not answer.", "Repeat it after `Retry-After`."),
    "too_many_attempts": Code(
        409, "The photo was adjusted a thousand times.", "Submit it anew, with `batch:TASK_ID/INDEX` as its source."
    ),
    "too_many_photos": Code(413, "More photos than BATCH_MAX_PHOTOS.", "Make several batches of them."),
    "too_many_presets": Code(409, "One user keeps no more presets, or LUTs.", "Delete some that are not needed."),
    "too_many_shares": Code(409, "One batch has no more links.", "Revoke one that is not needed."),
    "too_many_uploads": Code(
        409, "Your uploads that no batch names take as many bytes as they may.", "Name them in a batch."
    ),
    "too_slow": Code(408, "The body came too slowly.", "Send it again, over a faster line if there is one."),
    "unauthorized": Code(401, "A key is needed, or this one is not known.", "Send `Authorization: Bearer KEY`."),
    "upload_incomplete": Code(
        409, "The file of a signed upload is not in the store.", "PUT it to the upload's `url`, then accept it."
    ),
    "unavailable": Code(503, "The coordinator is being started.", "Try again in a few seconds."),
    "unknown_preset": Code(404, "There is no such preset.", "The detail may name one that is near."),
    # --- either: of a file that is sent or asked for, and of a photo of a batch ---------------------------------------
    "blocked_address": _either(
        422,
        "The host is not on the public internet, and BATCH_ALLOWED_HOSTS does not list it.",
        "Upload the file instead.",
    ),
    "corrupt": _either(422, "The file is damaged.", "Send another copy of it."),
    "empty_file": _either(422, "The file has no bytes.", "Copy or upload it again."),
    "fetch_failed": _either(
        422, "The host or the object store did not give the file.", "Try again later, or upload it instead."
    ),
    "forbidden_path": _either(
        403, "The file or object is not below BATCH_FILE_ROOTS or BATCH_SOURCE_URLS.", "Upload it instead."
    ),
    "forbidden_source": _either(
        403,
        "The object store does not let the service read or list this.",
        "Allow it there, or upload the file instead.",
    ),
    "internal_error": _either(500, "A bug of ours; the service's log has it.", "Try again, and report it."),
    "invalid_source": _either(
        422, "The source is not an address that photos can come from.", "Correct it; the detail says how."
    ),
    "source_not_found": _either(404, "There is no such file, object or address.", "Check the source."),
    "source_timeout": _either(422, "The file's host answers too slowly.", "Try again, or upload it."),
    "too_large": _either(
        413,
        "The body has more bytes than allowed, or the photo more than BATCH_MAX_BYTES.",
        "Send less, or a smaller file.",
    ),
    "too_many_pixels": _either(
        413, "The picture has more pixels than BATCH_MAX_PIXELS, or would have.", "Make it smaller."
    ),
    "too_many_redirects": _either(422, "The address redirects too many times.", "Name the address of the file itself."),
    "truncated": _either(422, "The file ends too soon.", "Send all of it."),
    "unknown_host": _either(422, "There is no host of that name.", "Check the address."),
    "unknown_lut": _either(
        404, "There is no such LUT (any more), or it is somebody else's.", "Bring it by POST /api/v1/luts."
    ),
    "unsupported_bit_depth": _either(415, "Floating point, 32 bits and the like.", "Save it with 8 or 16 bits."),
    "unsupported_media": _either(
        415, "The file is no photo of a kind that is read here.", "Convert it; docs/formats.md names the kinds."
    ),
    "unsupported_source": _either(
        422, "Files come from `http:`, `https:`, `file:`, `s3:`, `gs:`, `az:` and uploads alone.", "Upload it instead."
    ),
    "upload_not_found": _either(404, "The upload has expired, never was, or is somebody else's.", "Upload it again."),
    # --- the error of a photo -----------------------------------------------------------------------------------------
    "bad_mask": _of_photo("The mask is no picture that can be read.", "Bring a PNG in black and white."),
    "empty_mask": _of_photo("Nothing of this photo is marked.", "Mark what to erase in white."),
    "empty_prefix": _of_photo("There is no photo below the prefix.", "Name objects with other endings one by one."),
    "encode_failed": _of_photo("The result can't be written in the format that was asked for.", "Choose another."),
    "full_mask": _of_photo("All of this photo is marked; nothing is left to fill it from.", "Mark less."),
    "model_changed": _of_photo("The weights that the batch began with are no longer there.", "Hand it in again."),
    "model_damaged": _of_photo("The weights on the worker are damaged.", "`photobatch models verify` tells which."),
    "model_missing": _of_photo("The worker lacks the weights.", "`photobatch models pull` or `add` brings them."),
    "out_of_memory": _of_photo(
        "The device has too little memory for this photo, even in small pieces.", "Make it smaller."
    ),
    "output_too_large": _of_photo(
        "The output format has no room for a picture of this size.", "Choose another, or a `max_side`."
    ),
    "source_unavailable": _of_photo(
        "The object store did not answer while the prefix was listed.", "Retry lists the rest."
    ),
    "storage_error": _of_photo("The service's own blob store failed.", "Retry the batch."),
    "timed_out": _of_photo("The photo took longer than BATCH_TASK_TIMEOUT.", "Make it smaller, or raise that."),
    "torch_missing": _of_photo(
        "The photo needs a network, and the worker has no torch.",
        "Whoever runs the service installs `photobatch[server]`.",
    ),
    "worker_crashed": _of_photo(
        "The photo ended its worker twice, each time alone; the file is probably damaged.", "Save it anew."
    ),
    "wrong_model": _of_photo("The weights are of another kind than the op needs.", "Choose other weights."),
}
PROBLEMS = {code: known.status for code, known in sorted(CODES.items()) if known.status is not None}  # their status
PHOTO_CODES = sorted(code for code, known in CODES.items() if known.in_photo)
