//! Changes of the settings that a running uam applies at once.

use crate::app_context::AppContext;
use crate::control;
use model::{ErrorKind, UserError};
use protocol::Request;
use recorder::{ExclusionRule, ExclusionRules};
use settings::Settings;

/// Protects every window of an application from now on; the outcome in one line.
pub(crate) fn exclude_app(app_context: &AppContext, app: &str) -> anyhow::Result<String> {
    let rule = ExclusionRule {
        app: Some(app.to_owned()),
        ..ExclusionRule::default()
    };
    Ok(add_exclusion_rule(app_context, &rule)?.join(" "))
}

/// Adds a rule and has it applied; the outcome in sentences.
pub(crate) fn add_exclusion_rule(
    app: &AppContext,
    rule: &ExclusionRule,
) -> anyhow::Result<Vec<String>> {
    app.paths.create_dirs()?;
    let before = Settings::load(&app.paths)?;
    let rules = before.exclude.rules;
    if let Some(at) = rules.iter().position(|r| r == rule) {
        return Ok(vec![format!(
            "That is your rule {} already: {rule}.",
            at + 1
        )]);
    }
    ExclusionRules::new(std::slice::from_ref(rule)).map_err(|_| {
        UserError::usage(
            "a rule needs at least one letter or digit in each of its parts",
            "Write the word to look for, such as: uam exclude --add-title payroll*",
        )
    })?;
    settings::add_rule(&app.paths, rule)?;
    Ok(vec![
        format!("Your rule {}: {rule}.", rules.len() + 1),
        reload_after_change(app)?,
    ])
}

/// Makes the running uam read the changed settings file: its answer, or when the change applies without one.
pub(crate) fn reload_after_change(app: &AppContext) -> anyhow::Result<String> {
    match control::call(&app.paths, &Request::ReloadSettings) {
        Ok(response) => Ok(response.text().to_owned()),
        Err(e) if model::error_kind(e.as_ref()) == ErrorKind::Instance => {
            Ok("It applies from the next start on.".to_owned())
        }
        Err(e) => Err(e.context("the settings were changed, but the running uam was not notified")),
    }
}
