//! Every setting with what it means, for people.

use crate::config::Config;
use anyhow::Context;
use web::SettingRow;

/// Dotted name and meaning. Whatever the settings file knows is here; a test says so.
const MEANINGS: &[(&str, &str)] = &[
    (
        "record.idle_seconds",
        "Seconds without input after which time counts as idle, from the last input on.",
    ),
    ("shots.capture", "Are pictures of the active window taken?"),
    (
        "shots.blur",
        "Are they made unreadable before they are kept?",
    ),
    (
        "shots.every_seconds",
        "One picture at a random moment in each interval of this many seconds.",
    ),
    (
        "shots.quality",
        "standard, or small: about a sixth fewer bytes.",
    ),
    (
        "shots.keep_days",
        "Delivered pictures stay on this computer this many days …",
    ),
    (
        "shots.keep_mb",
        "… and up to this many megabytes, whichever ends first.",
    ),
    (
        "shots.when_old",
        "What happens to them then: delete, or archive.",
    ),
    (
        "shots.archive_dir",
        "Where archived pictures go; without it, the folder archive beside the record.",
    ),
    ("upload.every_seconds", "Seconds between two uploads."),
    (
        "upload.destination",
        "Where records are sent; without it the environment decides, or a folder beside the record.",
    ),
    (
        "upload.seal",
        "Is what is sent sealed, so that only your keys open it? Without it: yes.",
    ),
    (
        "upload.hold_seconds",
        "How long everything waits before it may be sent, so that you can take it out.",
    ),
    (
        "upload.limit_kib_per_s",
        "Nothing is sent faster than this many KiB a second; 0 is no limit.",
    ),
    (
        "upload.on_metered",
        "On a network that is paid for by use: wait for another one, or send?",
    ),
    (
        "power.low_percent",
        "On battery, recording suspends at this charge …",
    ),
    ("power.resume_percent", "… and resumes at this one."),
    (
        "disk.floor_mb",
        "So much room, in megabytes, is left alone on this computer's disk …",
    ),
    (
        "disk.floor_percent",
        "… or so many percent of it, whichever is less.",
    ),
    (
        "schedule.hours",
        "The hours in which recording is wanted; without any, always.",
    ),
    (
        "exclude.defaults",
        "Do the built-in rules (password managers, banks, private windows) hold?",
    ),
    (
        "exclude.rules",
        "Further windows that are never named and never pictured.",
    ),
    (
        "report.day_starts",
        "When a day begins in reports; the record itself does not change.",
    ),
    (
        "report.default_categories",
        "Do the built-in categories come after your own rules?",
    ),
    (
        "indicator.tray",
        "Does an icon in the desktop's tray show whether it records, with a menu to pause it?",
    ),
    (
        "indicator.notify",
        "Which bubbles are shown: off; important (recording begins, pauses, resumes or ends, a sensor is lost, the disk is \
         full, uploading is stuck); or all notices.",
    ),
];

/// Shown where a setting has no value.
const UNSET: &str = "not set";

/// The settings in force, in the order of the settings file.
pub(crate) fn all(config: &Config) -> anyhow::Result<Vec<SettingRow>> {
    let table = toml::Table::try_from(config).context("the settings have no form")?;
    let told = MEANINGS.iter().map(|(key, meaning)| SettingRow {
        key: (*key).to_owned(),
        value: value(&table, key).map_or_else(
            || UNSET.to_owned(),
            |value| model::to_printable(&value, 2000),
        ),
        meaning: (*meaning).to_owned(),
    });
    Ok(told.collect())
}

fn value(table: &toml::Table, key: &str) -> Option<String> {
    let (section, name) = key.split_once('.')?;
    let value = table.get(section)?.get(name)?;
    Some(match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Array(list) if list.is_empty() => "none".to_owned(),
        value => value.to_string(),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_a_meaning() {
        let mut config = Config::default();
        config.shots.archive_dir = Some("/a".into());
        config.upload.destination = Some("file:///a".into());
        config.upload.seal = Some(true);
        let table = toml::Table::try_from(&config).unwrap();
        for (section, settings) in &table {
            for name in settings.as_table().unwrap().keys() {
                let key = format!("{section}.{name}");
                assert!(MEANINGS.iter().any(|(k, _)| *k == key), "{key} has none");
            }
        }
        let all = all(&config).unwrap();
        assert!(all.iter().all(|s| s.value != UNSET), "{all:?}");
        assert!(
            all.iter()
                .any(|s| s.key == "shots.every_seconds" && s.value == "300")
        );
    }
}
