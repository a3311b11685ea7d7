//! TLS with a certificate of the lab's own authority. The keys are no secret: nothing but the lab trusts them.

use anyhow::{Context, Result};
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, crypto};

/// The authority's certificate, for clients that shall trust the server. The server's own certificate names 127.0.0.1,
/// `localhost` and `bucket.test`.
pub const AUTHORITY: &str = include_str!("tls/ca.pem");

/// A TLS acceptor with the certificate of the lab.
pub(super) fn make_acceptor() -> Result<TlsAcceptor> {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("tls/server.pem"))
        .context("the lab's certificate")?;
    let key =
        PrivateKeyDer::from_pem_slice(include_bytes!("tls/server.key")).context("the lab's key")?;
    let config = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
