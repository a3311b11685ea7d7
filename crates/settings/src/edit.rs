//! Changing values in `config.toml`, with its comments and its order kept.

use crate::paths::AppPaths;
use crate::sections::Settings;
use anyhow::Context;
use model::UserError;
use std::fs;
use std::path::Path;
use toml_edit::DocumentMut;

/// Changes settings in the file, by section and name such as `shots.blur`, and returns all settings as they are then.
///
/// # Errors
/// When the file cannot be read or written, or the result is not valid; then nothing is written.
pub fn set_values(
    paths: &AppPaths,
    changes: &[(&str, toml_edit::Value)],
) -> anyhow::Result<Settings> {
    edit_file(paths, |doc| insert_values(doc, changes))
}

/// The settings that [`set_values`] would leave; nothing is written.
///
/// # Errors
/// As [`set_values`].
pub fn preview_values(
    paths: &AppPaths,
    changes: &[(&str, toml_edit::Value)],
) -> anyhow::Result<Settings> {
    apply_change(&paths.config_file(), |doc| insert_values(doc, changes))
        .map(|(_, settings)| settings)
}

/// Changes the file with `change`, keeping its comments and order. Nothing is written unless the result is valid.
pub(crate) fn edit_file(
    paths: &AppPaths,
    change: impl FnOnce(&mut DocumentMut) -> anyhow::Result<()>,
) -> anyhow::Result<Settings> {
    let file = paths.config_file();
    let (text, settings) = apply_change(&file, change)?;
    platform::files::write_file_durably(&file, text.as_bytes())
        .with_context(|| format!("cannot write {}", file.display()))?;
    Ok(settings)
}

fn insert_values(
    doc: &mut DocumentMut,
    changes: &[(&str, toml_edit::Value)],
) -> anyhow::Result<()> {
    for (key, value) in changes {
        let (table, name) = key.split_once('.').ok_or_else(|| unknown_setting(key))?;
        let section = doc.entry(table).or_insert_with(toml_edit::table);
        let section = section
            .as_table_like_mut()
            .ok_or_else(|| unknown_setting(key))?;
        section.insert(name, toml_edit::Item::Value(value.clone()));
    }
    Ok(())
}

/// The text of the file after `change`, and the settings it then holds.
fn apply_change(
    file: &Path,
    change: impl FnOnce(&mut DocumentMut) -> anyhow::Result<()>,
) -> anyhow::Result<(String, Settings)> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(e) => return Err(e).with_context(|| format!("cannot read {}", file.display())),
    };
    let mut doc: DocumentMut = text.parse().map_err(|e| {
        UserError::usage(
            format!("{} is invalid:\n{e}", file.display()),
            "Fix that line first.",
        )
    })?;
    change(&mut doc)?;
    let text = doc.to_string();
    let settings = Settings::parse(&text, file)?;
    Ok((text, settings))
}

fn unknown_setting(key: &str) -> UserError {
    UserError::usage(
        format!("there is no setting \"{key}\""),
        "`uam config show` lists every setting as section and name.",
    )
}

/// Reads a value as typed on the command line: a TOML value, else the text as it is.
pub fn parse_value(text: &str) -> toml_edit::Value {
    text.parse().unwrap_or_else(|_| text.into())
}
