//! The way to the store: proxy, certificates, speed.

use super::config_error::ConfigError;
use super::secret::{SecretText, redact_url};
use super::validate::is_loopback;
use super::variables::Variables;
use super::vars;
use reqwest::{Certificate, NoProxy, Proxy};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use url::Url;

/// The way to the store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkRoute {
    proxy: Option<ProxyRoute>,
    /// Certificates to trust instead of the system's.
    pub ca_bundle: Option<PathBuf>,
    /// No more than this many KiB a second are sent; 0 is no limit.
    pub limit_kib_per_s: u32,
}

/// A proxy. Its address may hold a password, so the whole of it is a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProxyRoute {
    #[serde(skip)]
    url: SecretText,
    shown: String,
    except: Option<String>,
}

impl NetworkRoute {
    /// `endpoint`: the store's address; `None` for Amazon's. A store on this computer is reached without a proxy.
    pub(super) fn from_variables(
        given: &Variables<'_>,
        endpoint: Option<&Url>,
    ) -> Result<Self, ConfigError> {
        let proxy = if endpoint.is_some_and(is_loopback) {
            None
        } else {
            let https = endpoint.is_none_or(|url| url.scheme() == "https");
            let names = &vars::PROXIES;
            let names = match https {
                true => [names[0], names[1], names[4], names[5]],
                false => [names[2], names[3], names[4], names[5]],
            };
            given
                .first_set(&names)
                .map(|(name, value)| parse_proxy(name, &value, given))
                .transpose()?
        };
        let mut network = Self {
            proxy,
            ..Self::default()
        };
        if let Some((name, file)) = given.first_set(&[vars::CA_BUNDLE, vars::CERT_FILE]) {
            network.ca_bundle = Some(file.into());
            network.certificates().map_err(|what| {
                ConfigError::new(
                    name,
                    what,
                    "Give a file with one or more certificates in PEM form (-----BEGIN CERTIFICATE-----).",
                )
            })?;
        }
        Ok(network)
    }

    /// Clears the proxy's address, which holds its password; the shown one stays.
    pub(super) fn clear_secrets(&mut self) {
        if let Some(route) = &mut self.proxy {
            route.url = SecretText::default();
        }
    }

    /// The proxy, for the client.
    pub(crate) fn proxy(&self) -> Result<Option<Proxy>, String> {
        let Some(route) = &self.proxy else {
            return Ok(None);
        };
        let proxy = Proxy::all(route.url.reveal())
            .map_err(|_| format!("the proxy {} cannot be used", route.shown))?;
        let except = route.except.as_deref().and_then(NoProxy::from_string);
        Ok(Some(proxy.no_proxy(except)))
    }

    /// The certificates to trust instead of the system's; `None` for the system's.
    pub(crate) fn certificates(&self) -> Result<Option<Vec<Certificate>>, String> {
        let Some(file) = &self.ca_bundle else {
            return Ok(None);
        };
        let shown = file.display();
        let pem = std::fs::read(file).map_err(|e| format!("{shown} cannot be read ({e})"))?;
        let found = Certificate::from_pem_bundle(&pem)
            .map_err(|e| format!("{shown} holds no certificates ({e})"))?;
        if found.is_empty() {
            return Err(format!("{shown} holds no certificates"));
        }
        Ok(Some(found))
    }

    pub(super) fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        if let Some(route) = &self.proxy {
            remarks.push(format!("Uploads go through the proxy {}.", route.shown));
        }
        if let Some(file) = &self.ca_bundle {
            remarks.push(format!(
                "Only the certificates in {} are trusted.",
                file.display()
            ));
        }
        remarks
    }
}

fn parse_proxy(
    name: &'static str,
    value: &str,
    given: &Variables<'_>,
) -> Result<ProxyRoute, ConfigError> {
    let text = match value.contains("://") {
        true => value.to_owned(),
        // As curl and Amazon's tools read it.
        false => format!("http://{value}"),
    };
    let hint = "Give the proxy's address, such as http://proxy.example.com:3128.";
    let bad = |what: String| ConfigError::new(name, what, hint);
    let mut url = Url::parse(&text)
        .map_err(|e| bad(format!("\"{}\" is not a URL ({e})", redact_url(value))))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(bad(format!("{} is not http or https", url.scheme())));
    }
    let secret = SecretText(url.to_string());
    // Neither fails for http and https.
    let _ = url.set_password(None);
    let _ = url.set_username("");
    Ok(ProxyRoute {
        url: secret,
        shown: url.as_str().trim_end_matches('/').to_owned(),
        except: given.first_set(&vars::NO_PROXY).map(|(_, value)| value),
    })
}
