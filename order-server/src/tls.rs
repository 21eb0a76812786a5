//! TLS, for a server that no proxy stands before.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::{Duration, Instant, SystemTime},
};

use async_trait::async_trait;
use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject as _},
    },
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use thiserror::Error;
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::{config::TlsFiles, workers::Worker};

/// How often the files are looked at: whoever renews certificates does so days before the old ones end.
const LOOK: Duration = Duration::from_secs(10);

/// Why a certificate or its key cannot be used.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file cannot be read, or is not what it should be.
    #[error("{} holds no {what} in PEM", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
        /// What is wrong.
        #[source]
        source: pem::Error,
    },
    /// The certificate is not of the key, or of a kind that is not known.
    #[error("the certificate and the key do not go together")]
    Pair(#[source] rustls::Error),
}

/// What encrypts connections. Clones share the certificate.
#[derive(Clone)]
pub(crate) struct Tls {
    acceptor: TlsAcceptor,
    grpc: Arc<ServerConfig>,
    certificate: Arc<Certificate>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("files", &self.certificate.files).finish_non_exhaustive()
    }
}

impl Tls {
    /// Reads the certificate and its key.
    ///
    /// # Errors
    /// [`TlsError`].
    pub(crate) fn open(files: &TlsFiles) -> Result<Self, TlsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let certificate = Arc::new(Certificate::open(files, &provider)?);
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Pair)?
            .with_no_client_auth()
            .with_cert_resolver(certificate.clone());
        config.alpn_protocols = vec![b"h2".to_vec()];
        let grpc = Arc::new(config.clone());
        config.alpn_protocols.push(b"http/1.1".to_vec());
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), grpc, certificate })
    }

    /// Agrees with a client on how to talk.
    ///
    /// # Errors
    /// What the client did wrong, or that it went away.
    pub(crate) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.acceptor.accept(stream).await
    }

    /// The same certificate for gRPC, which speaks nothing but HTTP/2.
    pub(crate) fn for_grpc(&self) -> Arc<ServerConfig> {
        self.grpc.clone()
    }

    /// What takes a renewed certificate over.
    pub(crate) fn renewal(&self) -> Box<dyn Worker> {
        let looked = Mutex::new((Instant::now(), self.certificate.stamp()));
        Box::new(Renewal { certificate: self.certificate.clone(), looked })
    }
}

/// The certificate that is shown, and where it comes from.
struct Certificate {
    files: TlsFiles,
    provider: Arc<CryptoProvider>,
    shown: RwLock<Arc<CertifiedKey>>,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("files", &self.files).finish_non_exhaustive()
    }
}

impl Certificate {
    fn open(files: &TlsFiles, provider: &Arc<CryptoProvider>) -> Result<Self, TlsError> {
        let shown = RwLock::new(Arc::new(read(files, provider)?));
        Ok(Self { files: files.clone(), provider: provider.clone(), shown })
    }

    fn renew(&self) -> Result<(), TlsError> {
        let new = Arc::new(read(&self.files, &self.provider)?);
        *self.shown.write().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(())
    }

    /// When the files were written last, as far as that is known.
    fn stamp(&self) -> [Option<SystemTime>; 2] {
        let written = |path: &Path| path.metadata().and_then(|it| it.modified()).ok();
        [written(&self.files.certificate), written(&self.files.key)]
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.shown.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

fn read(files: &TlsFiles, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
    let broken = |path: &Path, what| {
        let path = path.to_owned();
        move |source| TlsError::File { path, what, source }
    };
    let path = &files.certificate;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    let chain = chain.map_err(broken(path, "certificate"))?;
    if chain.is_empty() {
        return Err(broken(path, "certificate")(pem::Error::NoItemsFound));
    }
    let key =
        PrivateKeyDer::from_pem_file(&files.key).map_err(broken(&files.key, "private key"))?;
    CertifiedKey::from_der(chain, key, provider).map_err(TlsError::Pair)
}

/// Looks for a renewed certificate.
#[derive(Debug)]
struct Renewal {
    certificate: Arc<Certificate>,
    /// When the files were looked at last, and how they were then.
    looked: Mutex<(Instant, [Option<SystemTime>; 2])>,
}

#[async_trait]
impl Worker for Renewal {
    fn name(&self) -> &'static str {
        "certificate"
    }

    async fn step(&self) -> Result<bool, &'static str> {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        if looked.0.elapsed() < LOOK {
            return Ok(false);
        }
        looked.0 = Instant::now();
        let stamp = self.certificate.stamp();
        if stamp != looked.1 {
            // Half of a pair may be written: the old one is shown until both are.
            self.certificate.renew().map_err(|_| "tls.unreadable")?;
            looked.1 = stamp;
            tracing::info!("a renewed certificate is shown from now on");
        }
        Ok(false)
    }
}
