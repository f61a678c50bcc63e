"""A form that somebody has opened with his code, and the pages by which he fills it in."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from urllib.parse import urlencode

from fastapi import Request, Response

from climate_survey_api.access_codes.errors import CodeUnknown, CodeUsed
from climate_survey_api.access_codes.operations import present_code
from climate_survey_api.access_codes.rules import normalise, printed
from climate_survey_api.administrations.views import administration_anywhere
from climate_survey_api.pages.asked import Form, form_for
from climate_survey_api.pages.drafts import COOKIE, Draft, for_cookie, newest, open_draft, seal_draft
from climate_survey_api.pages.form_view import FormView
from climate_survey_api.pages.keeping import forget, keep
from climate_survey_api.pages.posted import FormFault, too_long, with_fields
from climate_survey_api.pages.refusing import note
from climate_survey_api.pages.rendering import Reader, page, redirect
from climate_survey_api.pages.steps import Step, StepKind, led_to, position, steps_of
from climate_survey_api.pages.surroundings import Surroundings
from climate_survey_api.responses.rules import ensure_takes_answers
from shared.crypto import KeyRing
from shared.db import ReadSession


@dataclass(frozen=True)
class OpenForm:
    """One group's form, open to whoever has the code."""

    request: Request
    surroundings: Surroundings
    ring: KeyRing
    now: datetime
    path: str
    """Where it lies, with the code as it is printed."""
    digest: bytes
    """Of the code: what drafts are bound to."""
    form: Form

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Its pages in their order."""
        return steps_of(self.form)

    @cached_property
    def kept(self) -> Draft | None:
        """What the respondent's device has kept of his answers."""
        return open_draft(self.ring, self.request.cookies.get(COOKIE, ""), digest=self.digest)

    def draft_with(self, carried: str) -> Draft:
        """The answers so far: as the page carried them, or as the device has kept them where that is newer."""
        return newest(open_draft(self.ring, carried, digest=self.digest), self.kept)

    def as_kept(self) -> Response:
        """The step at which somebody stopped, else the first. It sets no cookie."""
        draft = self.kept or Draft()
        return self._page(draft, position(self.steps, draft.step), resumed=not draft.is_empty)

    def at_step(self, name: str, carried: str) -> Response:
        """A step that was answered or led to, with what has been answered by now, however often it is loaded.

        Of no such step the one at which somebody stopped; where nothing was answered the first.
        """
        draft = self.draft_with(carried)
        if carried and draft == self.kept:
            return self._led(name)  # what the device has kept does not belong into its history as well
        known = name if any(step.name == name for step in self.steps) else draft.step
        at = 0 if draft.is_empty else position(self.steps, known)
        return self._page(draft, at, kept_note=None if draft.is_empty else self._note_on(draft))

    def begun_anew(self, draft: Draft) -> Response:
        """The way to the first step with nothing answered; the device forgets what it had."""
        answer = redirect(self._reader(draft).address(self.path))
        forget(answer, self.surroundings, self.path)
        return answer

    def answered(self, draft: Draft, name: str, go: str, fields: dict[str, str]) -> Response:
        """What was answered at a step is taken into the draft; the way to the step that the button leads to.

        That one is fetched: who goes back and forth in his browser sends nothing again, and is not refused.
        """
        at = position(self.steps, name)
        draft, faults = with_fields(draft, self.steps[at], fields)
        to = led_to(self.steps, at, go)
        if faults and to > at:
            return self.shown(draft, at, faults=faults)
        faults = too_long(self.steps[to], draft)
        turned = self._turned(draft, to)
        sealed, is_whole = for_cookie(self.ring, turned, digest=self.digest)
        if faults or not sealed or not is_whole:
            return self.shown(draft, to, faults=faults)
        # Until the device has shown that it keeps cookies, the draft goes by the address as well.
        answer = self._led(turned.step, **({} if self.kept else {"draft": sealed}))
        self._keep(answer, sealed)
        return answer

    def shown(self, draft: Draft, at: int, *, faults: Sequence[FormFault] = ()) -> Response:
        """A step, and the draft kept by the device until the survey closes."""
        draft = self._turned(draft, at)
        sealed, is_whole = for_cookie(self.ring, draft, digest=self.digest)
        kept_note = "form.kept" if is_whole else "form.words_not_kept" if sealed else "form.not_kept"
        answer = self._page(draft, at, faults=faults, kept_note=kept_note)
        if sealed:
            self._keep(answer, sealed)
        return answer

    def too_long_anywhere(self, draft: Draft) -> Response | None:
        """The first step with an answer in too many words; None where there is none."""
        for at, step in enumerate(self.steps):
            if faults := too_long(step, draft):
                return self.shown(draft, at, faults=faults)
        return None

    def unsent(self, draft: Draft, why: str) -> Response:
        """The review, with the reason why the answers were not sent."""
        return self.shown(draft, len(self.steps) - 1, faults=[FormFault("form", why)])

    def _turned(self, draft: Draft, at: int) -> Draft:
        """The draft as it is when somebody has come to a step."""
        step = self.steps[at]
        return replace(
            draft,
            step=step.name,
            turn=draft.turn + 1,
            reviewed=draft.reviewed or step.kind is StepKind.REVIEW,
            language=self._reader(draft).speaker.tongue.asked,
        )

    def _led(self, step: str, **parameters: str) -> Response:
        """The way to a step. Its language is the draft's: an address would outlast what is chosen later."""
        query = urlencode({"at": step, **parameters})
        return redirect(f"{self.surroundings.base}{self.path}?{query}")

    def _keep(self, answer: Response, sealed: str) -> None:
        keep(answer, self.surroundings, self.path, sealed, until=self.form.administration.closes_at, now=self.now)

    def _note_on(self, draft: Draft) -> str:
        """What the device has of this draft."""
        if draft.cut:
            return "form.words_not_kept"
        return "form.kept" if self.kept else "form.no_cookies"

    def _page(
        self,
        draft: Draft,
        at: int,
        *,
        faults: Sequence[FormFault] = (),
        resumed: bool = False,
        kept_note: str | None = None,
    ) -> Response:
        step = self.steps[at]
        view = FormView(
            form=self.form,
            steps=self.steps,
            at=at,
            draft=draft,
            sealed=seal_draft(self.ring, draft, digest=self.digest) if not draft.is_empty else "",
            path=self.path,
            address=f"{self.surroundings.base}{self.path}",
            faults=faults,
            resumed=resumed,
            kept_note=kept_note,
        )
        template = "review" if step.kind is StepKind.REVIEW else "step"
        return page(template, self._reader(draft), 422 if faults else 200, view=view)

    def _reader(self, draft: Draft) -> Reader:
        return self.surroundings.reader_of(
            self.request,
            self.form.administration.languages,
            remembered=draft.language,
            group=self.form.respondent_group,
        )


async def open_form(
    session: ReadSession, ring: KeyRing, request: Request, surroundings: Surroundings, code: str, *, now: datetime
) -> OpenForm:
    """The form that a code opens. It uses nothing up; who has no code is counted at the door.

    Raises: CodeUnknown (404), CodeUsed (410), SurveyNotOpen (409), SurveyClosed (410).
    """
    with surroundings.doors.watching(request, for_misses=CodeUnknown):
        presented = await present_code(session, ring, code)
    administration = await administration_anywhere(session, presented.administration_id)
    path = f"/s/{printed(normalise(code) or '')}"
    note(request, administration=administration, group=presented.respondent_group, form_path=path)
    if presented.is_used:
        raise CodeUsed
    ensure_takes_answers(administration, now)
    form = await form_for(session, administration, presented.respondent_group)
    return OpenForm(request, surroundings, ring, now, path, presented.digest, form)
