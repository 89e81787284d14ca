"""Every phase of every itinerary is needed by some course, so that a process is killed in it."""

import pytest

from kit import courses, ways
from mtc.migration import itineraries


@pytest.mark.parametrize("name", itineraries.ALL)
def test_the_courses_of_an_itinerary_need_all_of_its_phases(name: str) -> None:
    """As far as they are seen from outside, and the first one; what a course leaves out is a phase of its itinerary."""
    itinerary = itineraries.ALL[name]
    all_of_them = {itinerary.phases[0].name, *ways.seen(itinerary)} - courses.ELSEWHERE
    mine = [course for course in courses.ALL.values() if course.itinerary == name]
    assert {phase for course in mine for phase in course.phases} == all_of_them
    assert all(course.without <= all_of_them for course in mine)
