//! The settings in words: rows for pages and forms, and the table in the docs.

use crate::sections::Settings;
use crate::table::{self, Applies, SettingKind, SettingSpec};
use toml::Value;

/// Shown for a setting that is not set.
const UNSET: &str = "not set";

/// Longest value shown, in characters; rules and hours can be many.
const MAX_SHOWN: usize = 2000;

/// One setting as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingInfo {
    /// Section and name, such as `shots.blur`.
    pub key: String,
    /// Two or three words.
    pub label: String,
    /// Its value, safe to print.
    pub value: String,
    /// Its meaning, with unit and range where the value is a number.
    pub meaning: String,
}

/// Every setting with its value, in the order of the file.
pub fn list_settings(settings: &Settings) -> Vec<SettingInfo> {
    let values = settings.values();
    let infos = table::specs().iter().map(|spec| SettingInfo {
        key: spec.key.clone(),
        label: spec.label.clone(),
        value: table::find_value(&values, &spec.key).map_or_else(
            || UNSET.to_owned(),
            |value| model::to_printable(&format_value(value), MAX_SHOWN),
        ),
        meaning: describe_meaning(spec),
    });
    infos.collect()
}

fn describe_meaning(spec: &SettingSpec) -> String {
    match &spec.kind {
        SettingKind::Integer(_) => format!("{} {}.", spec.meaning, sentence(&spec.kind.describe())),
        _ => spec.meaning.clone(),
    }
}

/// With a capital letter.
fn sentence(words: &str) -> String {
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

fn format_value(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) if list.is_empty() => "none".to_owned(),
        value => value.to_string(),
    }
}

/// The page of the docs that lists every setting, as Markdown.
pub fn format_settings_page() -> String {
    let mut page = "\
# Settings

Settings are in `config.toml`; `uam config path` shows where. A file needs only the lines that differ from the defaults.
`uam config show` prints all settings as they are, `uam config set SECTION.NAME VALUE` changes one and keeps the comments
of the file. An unknown name or a value out of range is an error: uam never falls back to a default silently.

Printed from `crates/settings/default.toml`.
"
    .to_owned();
    let mut last_section = "";
    for spec in table::specs() {
        let (section, name) = spec.key.split_once('.').unwrap_or(("", &spec.key));
        if section != last_section {
            page.push_str(&format!(
                "\n## `[{section}]`\n\n| setting | meaning | values | default | a change applies |\n|---|---|---|---|---|\n"
            ));
            last_section = section;
        }
        page.push_str(&format!(
            "| `{name}` | {}{} | {} | {} | {} |\n",
            spec.meaning,
            if spec.consent { " \\*" } else { "" },
            spec.kind.describe(),
            describe_default(spec),
            describe_applies(spec.applies),
        ));
    }
    page.push_str(
        "\n\\* Part of the consent notice: after a change, uam shows the notice again and asks for your agreement at the next \
         start.\n\nRules for categories and projects (`[[category]]`, `[[project]]`) are tables with `name` and at least one \
         of `app` and `title`; `uam categories` lists and tests them.\n",
    );
    page
}

fn describe_default(spec: &SettingSpec) -> String {
    match &spec.default {
        Some(value) => format!("`{value}`"),
        None => format!("not set: {}", spec.unset),
    }
}

fn describe_applies(applies: Applies) -> &'static str {
    match applies {
        Applies::NextStart => "at the next start",
        Applies::AtOnce => "at once",
        Applies::NextReport => "in the next report",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_listed_with_value_and_meaning() {
        let mut settings = Settings::default();
        let infos = list_settings(&settings);
        let value = |infos: &[SettingInfo], key: &str| {
            let info = infos.iter().find(|info| info.key == key);
            info.unwrap().value.clone()
        };
        assert_eq!(infos.len(), table::specs().len());
        assert!(infos.iter().all(|info| !info.meaning.is_empty()));
        assert_eq!(value(&infos, "shots.every_seconds"), "300");
        assert_eq!(value(&infos, "schedule.hours"), "none");
        assert_eq!(value(&infos, "upload.seal"), UNSET);
        settings.shots.archive_dir = Some("/a".into());
        settings.upload.destination = Some("file:///a".into());
        settings.upload.seal = Some(true);
        let infos = list_settings(&settings);
        assert!(infos.iter().all(|info| info.value != UNSET), "{infos:?}");
    }

    #[test]
    fn the_page_of_the_docs_is_this_one() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/SETTINGS.md");
        let page = std::fs::read_to_string(file).unwrap_or_default();
        assert!(
            page.replace("\r\n", "\n") == format_settings_page(),
            "docs/SETTINGS.md differs from default.toml; print it again: \
             cargo run -p settings --example settings_page > docs/SETTINGS.md"
        );
    }
}
