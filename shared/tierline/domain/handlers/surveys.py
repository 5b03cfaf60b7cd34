"""What the requester says once it is over."""

from tierline.domain.amend import amended
from tierline.domain.commands import AnswerSurvey, Rejected
from tierline.domain.draft import Draft
from tierline.domain.events import SurveyAnswered
from tierline.domain.handlers.asked import Asked, refuse
from tierline.domain.surveys import OPEN_FOR, contradicts


def answer(draft: Draft, command: AnswerSurvey, asked: Asked) -> Rejected | None:
    """Once, and for as long as the links are good; the ticket stays as it is."""
    ticket, survey = draft.ticket, draft.ticket.survey
    if survey is None or survey.id != command.id:
        return refuse("no_survey", "nobody is asked how it was", ticket)
    if survey.score is not None:
        return refuse("answered", f"it was answered already: {survey.score}", ticket)
    if draft.now - survey.asked_at > OPEN_FOR:
        days = OPEN_FOR.days
        return refuse("too_late", f"an answer is taken for {days} days after the end", ticket)
    said = amended(
        survey,
        score=command.score,
        word=command.word,
        answered_at=draft.now,
        contradicts=contradicts(command.score, command.word),
    )
    draft.emit(
        SurveyAnswered(said),
        at=draft.now,
        by=asked.by,
        why=draft.why("survey answered", score=said.score, contradicts=said.contradicts),
        cause=asked.cause,
    )
    return None
