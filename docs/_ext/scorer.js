// How search orders what it finds: Sphinx's own order, but a lesson that has a section on the words
// comes before the function of that name (16 points); one that only mentions them comes after it.
var Scorer = {
  score: ([page, , , , points]) => points + (page.startsWith("lessons/") ? 8 : 0),
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
