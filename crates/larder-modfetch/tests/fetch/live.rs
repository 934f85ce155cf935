//! The real upstream of this machine: the GOPROXY of the environment. Run with `--ignored`.

use larder_modfetch::{FetchConfig, FetchErrorKind, Fetcher, GoProxyList, Resource};
use larder_module::{ModulePath, ModuleVersion, Revision, Version};

#[tokio::test]
#[ignore = "asks the GOPROXY of the environment"]
#[expect(
    clippy::disallowed_methods,
    reason = "only the environment knows the upstream of this machine"
)]
async fn a_real_module_is_read() {
    let Ok(proxies) = std::env::var("GOPROXY") else {
        println!("skipped: GOPROXY is not set");
        return;
    };
    let fetcher = Fetcher::new(FetchConfig::new(GoProxyList::parse(&proxies).unwrap())).unwrap();
    let path = ModulePath::parse("golang.org/x/text").unwrap();
    let version = Version::parse("v0.14.0").unwrap();
    let list = fetcher.read(&Resource::List(path.clone()), 1 << 20).await.unwrap();
    assert!(
        list.bytes.starts_with(b"v0.") && list.bytes.windows(8).any(|line| line == b"v0.14.0\n")
    );
    let info = Resource::Info(path.clone(), Revision::from(version.clone()));
    let info = fetcher.read(&info, 1 << 20).await.unwrap();
    assert!(info.bytes.starts_with(b"{"));
    let module = ModuleVersion::new(path, version).unwrap();
    let go_mod = fetcher.read(&Resource::Mod(module.clone()), 1 << 20).await.unwrap();
    assert!(go_mod.bytes.starts_with(b"module golang.org/x/text"));
    let error = fetcher.read(&Resource::Zip(module.clone()), 1 << 10).await.unwrap_err();
    assert_eq!(error.kind(), &FetchErrorKind::TooLarge);
    let mut zip = fetcher.open(&Resource::Zip(module)).await.unwrap();
    let mut came = 0;
    while let Some(piece) = zip.chunk().await.unwrap() {
        came += piece.len() as u64;
    }
    assert!(came > 1 << 20 && zip.len().is_none_or(|len| len == came));
    zip.resume(came - 10).await.unwrap();
    assert_eq!(zip.chunk().await.unwrap().unwrap().len(), 10);
}
