//! Which category and project a window belongs to, asked once for each window that is met.

use crate::day_report::DayReport;
use crate::rules::{ClassificationRules, RuleList};
use crate::totals::{NONE, NamedUsage, Usage, pseudo_rows, sum_by_name};
use regex::Regex;
use std::collections::HashMap;

/// The most windows remembered, and the most bytes of their titles; at either limit all are dropped and classified again.
const MOST_WINDOWS: usize = 50_000;

const MOST_BYTES: usize = 6 * 1024 * 1024;

/// Places of a window's category and project among the names met.
pub type Classification = [u32; 2];

impl ClassificationRules {
    /// Fills in the categories and projects of one day.
    pub fn classify_day(&self, day: &mut DayReport) {
        Classifier::new(self).classify_day(day);
    }
}

/// The rules, and their results so far.
#[derive(Debug)]
pub struct Classifier<'m> {
    meaning: &'m ClassificationRules,
    apps: HashMap<String, AppClassifier<'m>>,
    met: usize,
    bytes: usize,
    names: [Vec<String>; 2],
    numbers: [HashMap<String, u32>; 2],
}

/// The known classifications of an application's windows.
#[derive(Debug)]
struct AppClassifier<'m> {
    /// Its rules, per list: a name's place, and the pattern of the title.
    rules: [Vec<(u32, Option<&'m Regex>)>; 2],
    titles: HashMap<String, Classification>,
}

impl<'m> Classifier<'m> {
    /// With nothing said yet.
    #[must_use]
    pub fn new(meaning: &'m ClassificationRules) -> Self {
        Self {
            meaning,
            apps: HashMap::new(),
            met: 0,
            bytes: 0,
            names: Default::default(),
            numbers: Default::default(),
        }
    }

    /// True when titles decide.
    pub(crate) fn needs_titles(&self) -> bool {
        self.meaning.needs_titles()
    }

    fn number(&mut self, list: usize, name: &str) -> u32 {
        if let Some(number) = self.numbers[list].get(name) {
            return *number;
        }
        let number = u32::try_from(self.names[list].len()).unwrap_or(u32::MAX);
        self.names[list].push(name.to_owned());
        self.numbers[list].insert(name.to_owned(), number);
        number
    }

    /// Classifies a window.
    pub fn classify(&mut self, app: &str, title: &str) -> Classification {
        let title = if self.needs_titles() { title } else { "" };
        if let Some(named) = self.apps.get(app).and_then(|a| a.titles.get(title)) {
            return *named;
        }
        if self.met >= MOST_WINDOWS || self.bytes >= MOST_BYTES {
            self.apps.clear();
            (self.met, self.bytes) = (0, 0);
        }
        self.met += 1;
        self.bytes += title.len();
        if !self.apps.contains_key(app) {
            let rules = self.rules(app);
            let titles = HashMap::new();
            self.apps
                .insert(app.to_owned(), AppClassifier { rules, titles });
        }
        let Some(known) = self.apps.get_mut(app) else {
            return [0; 2];
        };
        let named = [0, 1].map(|list: usize| {
            let mut rules = known.rules[list].iter();
            let found = rules.find(|(_, must)| must.is_none_or(|must| must.is_match(title)));
            found.map_or(0, |(number, _)| *number)
        });
        known.titles.insert(title.to_owned(), named);
        named
    }

    /// The rules of an application; the last one takes the windows that the others leave.
    fn rules(&mut self, app: &str) -> [Vec<(u32, Option<&'m Regex>)>; 2] {
        let meaning = self.meaning;
        [(0, RuleList::Category), (1, RuleList::Project)].map(|(list, of)| {
            let rules = meaning
                .rules_for_app(of, app)
                .into_iter()
                .chain([(NONE, None)]);
            rules
                .map(|(name, must)| (self.number(list, name), must))
                .collect()
        })
    }

    /// Fills in the categories and projects of a day.
    pub fn classify_day(&mut self, day: &mut DayReport) {
        let mut windows: Vec<(Classification, Usage)> = Vec::new();
        for app in &day.apps {
            for window in &app.windows {
                windows.push((self.classify(&app.app, &window.title), window.usage));
            }
        }
        let windows = windows.iter().map(|(names, usage)| (*names, usage));
        let unnamed = pseudo_rows(&day.protected, &day.redacted, &day.unnamed);
        [day.categories, day.projects] = self.sum_lists(windows, unnamed);
    }

    /// The rows of each list, longest first: those of windows, and those that no rule names.
    pub(crate) fn sum_lists<'a>(
        &'a self,
        windows: impl Iterator<Item = (Classification, &'a Usage)> + Clone,
        unnamed: impl Iterator<Item = (&'a str, &'a Usage)> + Clone,
    ) -> [Vec<NamedUsage>; 2] {
        [0, 1].map(|list: usize| {
            let windows = windows.clone();
            let named = windows.map(|(names, usage)| (self.name_of(list, names[list]), usage));
            sum_by_name(named.chain(unnamed.clone()))
        })
    }

    /// The name at a place of a list: 0 for categories, 1 for projects.
    #[must_use]
    pub fn name_of(&self, list: usize, number: u32) -> &str {
        let names = self.names.get(list);
        let name = names.and_then(|names| names.get(usize::try_from(number).ok()?));
        name.map_or(NONE, String::as_str)
    }
}
