//! The one list of settings: `default.toml`, with default, range and meaning of each.

use serde::de::DeserializeOwned;
use std::sync::LazyLock;
use toml::Value;

/// The embedded file. Its head says how it is written.
const DEFAULT_TOML: &str = include_str!("../default.toml");

static DEFAULTS: LazyLock<toml::Table> = LazyLock::new(|| or_broken(DEFAULT_TOML.parse()));

static SPECS: LazyLock<Vec<SettingSpec>> = LazyLock::new(|| or_broken(parse_specs(DEFAULT_TOML)));

/// One setting.
#[derive(Clone, Debug, PartialEq)]
pub struct SettingSpec {
    /// Section and name, such as `shots.blur`.
    pub key: String,
    /// Two or three words for pages and forms.
    pub label: String,
    /// The meaning, in one or two sentences.
    pub meaning: String,
    /// The values it takes.
    pub kind: SettingKind,
    /// Its default; a setting without one need not be set.
    pub default: Option<Value>,
    /// The value in force while it is not set; empty for a setting with a default.
    pub unset: String,
    /// When a change takes effect.
    pub applies: Applies,
    /// True when the consent notice depends on it.
    pub consent: bool,
}

/// The values a setting takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingKind {
    /// true or false.
    Bool,
    /// A whole number.
    Integer(IntegerRange),
    /// One of these words.
    Choice(Vec<String>),
    /// A time of day, `00:00` to `12:00`.
    TimeOfDay,
    /// Any text.
    Text,
    /// An absolute path.
    Path,
    /// A list of hours of the week.
    Hours,
    /// A list of exclusion rules.
    Rules,
}

/// The numbers a setting takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntegerRange {
    /// The smallest.
    pub min: u64,
    /// The largest.
    pub max: u64,
    /// Such as `seconds`.
    pub unit: String,
    /// The meaning of 0 where it is allowed below `min`.
    pub zero: Option<String>,
    /// A setting that must be smaller.
    pub above: Option<String>,
}

/// When a change of a setting takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applies {
    /// At the next start.
    NextStart,
    /// At once: a running agent takes it.
    AtOnce,
    /// In the next report.
    NextReport,
}

/// Every setting, in the order of the file.
pub fn specs() -> &'static [SettingSpec] {
    &SPECS
}

/// The setting of that section and name.
pub fn find_spec(key: &str) -> Option<&'static SettingSpec> {
    specs().iter().find(|spec| spec.key == key)
}

/// Checks type and range of a value; `values` holds all settings by section, for a bound that another one sets. Texts
/// with a grammar of their own (times, hours, rules) are not read here.
///
/// # Errors
/// The fault, to be read after the name of the setting.
pub fn check_value(spec: &SettingSpec, value: &Value, values: &toml::Table) -> Result<(), String> {
    let ok = match &spec.kind {
        SettingKind::Integer(range) => return check_integer(range, value, values),
        SettingKind::Path => {
            let path = value.as_str().map(std::path::Path::new);
            return match path.is_some_and(std::path::Path::is_absolute) {
                true => Ok(()),
                false => Err("must be an absolute path".to_owned()),
            };
        }
        SettingKind::Choice(words) => value
            .as_str()
            .is_some_and(|word| words.iter().any(|w| w == word)),
        SettingKind::Bool => value.is_bool(),
        SettingKind::TimeOfDay | SettingKind::Text => value.is_str(),
        SettingKind::Hours | SettingKind::Rules => value.is_array(),
    };
    ok.then_some(())
        .ok_or_else(|| format!("must be {}", spec.kind.describe()))
}

fn check_integer(range: &IntegerRange, value: &Value, values: &toml::Table) -> Result<(), String> {
    let number = value.as_integer().and_then(|n| u64::try_from(n).ok());
    if number == Some(0) && range.zero.is_some() {
        return Ok(());
    }
    let other = range
        .above
        .as_deref()
        .and_then(|key| find_value(values, key));
    let above = other
        .and_then(Value::as_integer)
        .and_then(|n| u64::try_from(n).ok());
    let min = above.map_or(range.min, |n| range.min.max(n.saturating_add(1)));
    if number.is_some_and(|n| (min..=range.max).contains(&n)) {
        return Ok(());
    }
    // A number that TOML's own integers cannot hold comes as its text.
    let shown = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    Err(format!(
        "is {shown}, but must lie between {min} and {} {}",
        range.max,
        range.describe_unit()
    ))
}

/// The value of a setting, by section and name.
pub(crate) fn find_value<'a>(values: &'a toml::Table, key: &str) -> Option<&'a Value> {
    let (section, name) = key.split_once('.')?;
    values.get(section)?.get(name)
}

impl SettingKind {
    /// The values in words, such as `5 to 86400 seconds`.
    pub fn describe(&self) -> String {
        match self {
            Self::Bool => "true or false".to_owned(),
            Self::Integer(range) => {
                format!("{} to {} {}", range.min, range.max, range.describe_unit())
            }
            Self::Choice(words) => match words.split_last() {
                Some((last, others)) if !others.is_empty() => {
                    format!("{} or {last}", others.join(", "))
                }
                _ => words.join(""),
            },
            Self::TimeOfDay => "a time of day, 00:00 to 12:00".to_owned(),
            Self::Text => "a text".to_owned(),
            Self::Path => "an absolute path".to_owned(),
            Self::Hours => "a list of hours".to_owned(),
            Self::Rules => "a list of rules".to_owned(),
        }
    }
}

impl IntegerRange {
    fn describe_unit(&self) -> String {
        let mut unit = self.unit.clone();
        if let Some(zero) = &self.zero {
            unit.push_str(&format!(" (0 is {zero})"));
        }
        if let Some(above) = &self.above {
            unit.push_str(&format!(" (above {above})"));
        }
        unit
    }
}

/// The defaults of one section, which lacks the settings that have none.
pub(crate) fn default_section<T: DeserializeOwned>(section: &str) -> T {
    let values = DEFAULTS.get(section).cloned();
    let values = values.unwrap_or_else(|| Value::Table(toml::Table::new()));
    or_broken(values.try_into())
}

/// `default.toml` is part of the program, and tests read all of it: a mistake in it never leaves the workshop.
#[allow(clippy::expect_used, reason = "tests read the whole embedded file")]
fn or_broken<T, E: std::fmt::Debug>(result: Result<T, E>) -> T {
    result.expect("default.toml is well formed")
}

/// Reads the rows of `text`, which is written as `default.toml` is.
fn parse_specs(text: &str) -> Result<Vec<SettingSpec>, String> {
    let mut specs = Vec::new();
    let (mut section, mut meaning, mut facts) = ("", Vec::new(), "");
    for line in text.lines() {
        if let Some(given) = line.strip_prefix("#: ") {
            facts = given;
        } else if let Some(example) = line.strip_prefix("#= ") {
            specs.push(parse_spec(section, &meaning, facts, example, false)?);
            (meaning, facts) = (Vec::new(), "");
        } else if let Some(words) = line.strip_prefix('#') {
            meaning.push(words.trim());
        } else if line.is_empty() {
            meaning.clear();
        } else if line.starts_with('[') {
            section = line.trim_matches(['[', ']']);
        } else {
            specs.push(parse_spec(section, &meaning, facts, line, true)?);
            (meaning, facts) = (Vec::new(), "");
        }
    }
    Ok(specs)
}

fn parse_spec(
    section: &str,
    meaning: &[&str],
    facts: &str,
    line: &str,
    has_default: bool,
) -> Result<SettingSpec, String> {
    let wrong = |what: &str| format!("[{section}] {line}: {what}");
    let row: toml::Table = line.parse().map_err(|_| wrong("is not a value"))?;
    let (name, value) = row.into_iter().next().ok_or_else(|| wrong("has no name"))?;
    let facts: Vec<(&str, &str)> = facts
        .split("; ")
        .map(|fact| fact.split_once('=').ok_or_else(|| wrong(fact)))
        .collect::<Result<_, _>>()?;
    let known = [
        "label", "kind", "unit", "range", "zero", "above", "unset", "applies", "consent",
    ];
    if let Some((unknown, _)) = facts.iter().find(|(fact, _)| !known.contains(fact)) {
        return Err(wrong(unknown));
    }
    let fact = |name: &str| facts.iter().find(|(f, _)| *f == name).map(|(_, v)| *v);
    Ok(SettingSpec {
        key: format!("{section}.{name}"),
        label: fact("label")
            .ok_or_else(|| wrong("has no label"))?
            .to_owned(),
        meaning: meaning.join(" "),
        kind: parse_kind(&fact, &value).ok_or_else(|| wrong("has no kind"))?,
        unset: match (has_default, fact("unset")) {
            (true, None) => String::new(),
            (false, Some(unset)) => unset.to_owned(),
            _ => return Err(wrong("has both default and `unset`, or neither")),
        },
        default: has_default.then_some(value),
        applies: match fact("applies") {
            Some("next-start") => Applies::NextStart,
            Some("at-once") => Applies::AtOnce,
            Some("next-report") => Applies::NextReport,
            _ => return Err(wrong("does not say when it applies")),
        },
        consent: fact("consent") == Some("yes"),
    })
}

fn parse_kind<'a>(fact: &impl Fn(&str) -> Option<&'a str>, value: &Value) -> Option<SettingKind> {
    let kind = match (fact("kind"), value) {
        (Some("path"), _) => SettingKind::Path,
        (Some("time-of-day"), _) => SettingKind::TimeOfDay,
        (Some("hours"), _) => SettingKind::Hours,
        (Some("rules"), _) => SettingKind::Rules,
        (Some(kind), _) => {
            let words = kind.strip_prefix("choice=")?.split('|');
            SettingKind::Choice(words.map(str::to_owned).collect())
        }
        (None, Value::Boolean(_)) => SettingKind::Bool,
        (None, Value::String(_)) => SettingKind::Text,
        (None, Value::Integer(_)) => {
            let (min, max) = fact("range")?.split_once("..")?;
            SettingKind::Integer(IntegerRange {
                min: min.parse().ok()?,
                max: max.parse().ok()?,
                unit: fact("unit")?.to_owned(),
                zero: fact("zero").map(str::to_owned),
                above: fact("above").map(str::to_owned),
            })
        }
        _ => return None,
    };
    Some(kind)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_of_the_embedded_file_is_read() {
        let specs = parse_specs(DEFAULT_TOML).unwrap();
        assert_eq!(specs.len(), 26);
        for spec in &specs {
            assert!(
                spec.meaning.ends_with('.'),
                "{}: {}",
                spec.key,
                spec.meaning
            );
            assert!(!spec.meaning.contains("#:"), "{}", spec.key);
            let default = find_value(&DEFAULTS, &spec.key);
            assert_eq!(spec.default.as_ref(), default, "{}", spec.key);
            if let Some(default) = default {
                assert_eq!(
                    check_value(spec, default, &DEFAULTS),
                    Ok(()),
                    "{}",
                    spec.key
                );
            }
        }
    }

    /// The running agent compares these two sections when it reloads the settings, and no others.
    #[test]
    fn exclusions_and_hours_alone_apply_at_once() {
        for spec in specs() {
            let section = spec.key.split('.').next().unwrap();
            let reloaded = matches!(section, "exclude" | "schedule");
            assert_eq!(spec.applies == Applies::AtOnce, reloaded, "{}", spec.key);
        }
    }

    #[test]
    fn a_row_that_lacks_a_fact_is_refused() {
        for row in [
            "a = 1",
            "#: label=A; unit=s; applies=next-start\na = 1",
            "#: label=A; unit=s; range=1..2\na = 1",
            "#: unit=s; range=1..2; applies=next-start\na = 1",
            "#: label=A; unit=s; range=1..2; applies=next-start; colour=red\na = 1",
            "#: label=A; applies=next-start\n#= a = \"b\"",
            "#: label=A; applies=next-start; kind=colour\na = \"b\"",
        ] {
            assert!(parse_specs(row).is_err(), "{row}");
        }
    }

    #[test]
    fn values_out_of_range_are_refused_with_the_range() {
        let check = |key: &str, value: Value| {
            check_value(find_spec(key).unwrap(), &value, &DEFAULTS)
                .map_err(|why| format!("{key} {why}"))
        };
        let refused = |key: &str, value: i64| check(key, Value::Integer(value)).unwrap_err();
        assert_eq!(
            refused("shots.every_seconds", 4),
            "shots.every_seconds is 4, but must lie between 5 and 86400 seconds"
        );
        assert_eq!(
            refused("power.resume_percent", 20),
            "power.resume_percent is 20, but must lie between 21 and 100 percent (above power.low_percent)"
        );
        assert_eq!(
            refused("upload.limit_kib_per_s", 15),
            "upload.limit_kib_per_s is 15, but must lie between 16 and 1000000 KiB a second (0 is no limit)"
        );
        assert_eq!(check("upload.limit_kib_per_s", Value::Integer(0)), Ok(()));
        assert_eq!(
            check("shots.quality", Value::String("best".into())).unwrap_err(),
            "shots.quality must be standard or small"
        );
        assert_eq!(
            check("shots.blur", Value::Integer(1)).unwrap_err(),
            "shots.blur must be true or false"
        );
    }
}
