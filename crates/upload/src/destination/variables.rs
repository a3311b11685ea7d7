//! Checked look-ups of the variables.

use super::config_error::ConfigError;

/// The variables as the caller gives them. Values are trimmed; an empty one counts as not set.
pub(super) struct Variables<'a>(pub(super) &'a dyn Fn(&str) -> Option<String>);

impl Variables<'_> {
    /// The first of them that is set, with its name.
    pub(super) fn first_set(&self, names: &[&'static str]) -> Option<(&'static str, String)> {
        names
            .iter()
            .find_map(|name| self.trimmed(name).map(|value| (*name, value)))
    }

    pub(super) fn trimmed(&self, name: &str) -> Option<String> {
        (self.0)(name)
            .map(|v| v.trim().to_owned())
            .filter(|v| !v.is_empty())
    }

    /// A value without spaces, quotes or control characters, and not the placeholder of an example file.
    pub(super) fn plain_value(&self, name: &'static str) -> Result<Option<String>, ConfigError> {
        let Some(value) = self.trimmed(name) else {
            return Ok(None);
        };
        if value.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(ConfigError::new(
                name,
                "has a space or a line break inside",
                "Copy the value again, on one line.",
            ));
        }
        if value.contains(['"', '\'', '`']) {
            return Err(ConfigError::new(
                name,
                "has a quotation mark inside",
                "Write the value without quotation marks, or with one at each end.",
            ));
        }
        if is_placeholder(&value) {
            return Err(ConfigError::new(
                name,
                "still holds the example's placeholder",
                "Put your own value there, or remove the line to keep everything on this computer.",
            ));
        }
        Ok(Some(value))
    }
}

fn is_placeholder(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    let starts = [
        "your_",
        "your-",
        "<",
        "${",
        "xxxx",
        "changeme",
        "change-me",
        "change_me",
    ];
    starts.iter().any(|start| value.starts_with(start))
}
