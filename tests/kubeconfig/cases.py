"""The cases of compare.py: files are written below the home folder (@HOME@), @PKI@ is where keys and certificates are,
@DATA:NAME@ one of them in base64. `reaches`: does a request of kubectl's arrive at all? `says`: what our error line
holds. `differs`: why we do otherwise on purpose; then only that is checked."""

EXEC_HEAD = "#!/bin/sh\n"
# Tells what it was told, then who we are.
EXEC = EXEC_HEAD + """
printf '%s\\n' "$KUBERNETES_EXEC_INFO" >>@HOME@/said
echo "$PWD|$EXTRA|$*" | sed "s|@HOME@|HOME|" >>@HOME@/said
"""


def credential(status, version="v1"):
    return ('cat <<END\n{"apiVersion": "client.authentication.k8s.io/%s", "kind": "ExecCredential", "status": {%s}}\nEND\n'
            % (version, status))


def config(cluster="", user="", context="", server="https://127.0.0.1:6443", ca="certificate-authority: @PKI@/ca.pem", more=""):
    """A kubeconfig of one context; each part is what stands in its map beside the usual."""
    def indented(text):
        return "".join("    %s\n" % line for line in text.split("\n") if line)

    return ("apiVersion: v1\nkind: Config\ncurrent-context: one\nclusters:\n- name: c\n  cluster:\n    server: %s\n%s%s"
            "users:\n- name: u\n  user:\n%scontexts:\n- name: one\n  context:\n    cluster: c\n    user: u\n%s%s"
            % (server, indented(ca), indented(cluster), indented(user) or "    {}\n", indented(context), more))


def case(name, text=None, **more):
    files = {**({".kube/config": text} if text else {}), **more.pop("files", {})}
    return {"name": name, "files": files, **more}


def plugin(keys="", command="./plugin", version="v1", mode="interactiveMode: Never\n"):
    return ("exec:\n  apiVersion: client.authentication.k8s.io/%s\n  command: %s\n" % (version, command)
            + "".join("  %s\n" % line for line in (mode + keys).split("\n") if line))


TOKEN = "token: geheim"
OUTSIDE = "https://api.internal:6443"
PROXY = "http://10.9.0.1:3128"

CASES = [
    # ---- who
    case("nobody", config(), differs="kubectl asks for a user name on standard input"),
    case("token", config(user=TOKEN)),
    case("token-file", config(user="tokenFile: deep/token"), files={".kube/deep/token": "from-file\n"}),
    case("token-file-wins", config(user="token: old\ntokenFile: token"), files={".kube/token": "  from-file \n"}),
    case("token-file-missing", config(user="tokenFile: none"), reaches=False, says=["none"]),
    case("basic", config(user="username: jane\npassword: 'päss: word'")),
    case("basic-and-token", config(user="username: jane\npassword: x\ntoken: y"), reaches=False, says=["both a token"]),
    case("certificate-file", config(user="client-certificate: @PKI@/jane.pem\nclient-key: @PKI@/jane.key")),
    case("certificate-data", config(user="client-certificate-data: @DATA:jane.pem@\nclient-key-data: @DATA:jane.key@")),
    case("certificate-data-and-file", config(user="client-certificate: @PKI@/none\nclient-certificate-data: @DATA:jane.pem@\n"
                                                   "client-key: @PKI@/none\nclient-key-data: @DATA:jane.key@"), reaches=False, says=["both"]),
    case("certificate-without-key", config(user="client-certificate: @PKI@/jane.pem"), reaches=False, says=["without its key"]),
    case("certificate-and-token", config(user="client-certificate: @PKI@/jane.pem\nclient-key: @PKI@/jane.key\ntoken: both")),
    case("no-credentials-over-http", config(server="http://127.0.0.1:8001", ca="", user=TOKEN + "\nas: other")),
    case("provider-removed", config(user="auth-provider:\n  name: gcp"), reaches=False, says=["auth-provider 'gcp' was removed"]),
    # ---- impersonation
    case("impersonate", config(user=TOKEN + "\nas: jane\nas-uid: '42'\nas-groups: [dev, ops]\nas-user-extra:\n  Scope/é: [a, b]\n"
                               "  reason: [why]")),
    case("impersonate-group-alone", config(user=TOKEN + "\nas-groups: [dev]"), reaches=False, says=["give --as"]),
    case("impersonate-flags", config(user=TOKEN + "\nas: old\nas-groups: [old]"),
         flags=["--as", "new", "--as-uid", "7", "--as-group", "a", "--as-group", "b"]),
    case("impersonate-extra-flag", config(user=TOKEN), flags=["--as", "new", "--as-user-extra", "scopes=a", "--as-user-extra", "scopes=b"]),
    # ---- where
    case("server-path", config(server="https://127.0.0.1:6443/k8s/clusters/c-1", user=TOKEN)),
    case("server-trailing-slash", config(server="https://127.0.0.1:6443/", user=TOKEN)),
    case("server-name", config(server="https://localhost:6443", user=TOKEN)),
    case("server-without-scheme", config(server="127.0.0.1:6443", user=TOKEN), reaches=False, says=["http://127.0.0.1:6443"]),
    case("http", config(server="http://127.0.0.1:8001", ca="")),
    case("http-without-scheme", config(server="127.0.0.1:8001", ca="")),
    case("tls-server-name", config(cluster="tls-server-name: inner.name", user=TOKEN)),
    case("tls-server-name-wrong", config(cluster="tls-server-name: outer.name", user=TOKEN), reaches=False, says=["certificate"]),
    case("ca-data", config(ca="certificate-authority-data: @DATA:ca.pem@", user=TOKEN)),
    case("ca-relative", config(ca="certificate-authority: ../deep/pki/ca.pem", user=TOKEN)),
    case("ca-stranger", config(ca="certificate-authority: @PKI@/stranger.pem", user=TOKEN), reaches=False, says=["certificate"]),
    case("ca-missing", config(ca="certificate-authority: none.pem", user=TOKEN), reaches=False, says=["none.pem"]),
    case("no-ca", config(ca="", user=TOKEN), reaches=False, says=["certificate"]),
    case("insecure", config(ca="", cluster="insecure-skip-tls-verify: true", user=TOKEN)),
    case("insecure-and-ca", config(cluster="insecure-skip-tls-verify: true", user=TOKEN), reaches=False, says=["exclude"]),
    case("disable-compression", config(cluster="disable-compression: true", user=TOKEN)),
    # ---- which files
    case("home", config(user="token: home")),
    case("listed", env={"KUBECONFIG": "@HOME@/none:@HOME@/a:@HOME@/b:@HOME@/a"}, files={
        "a": "apiVersion: v1\nkind: Config\ncontexts: [{name: x, context: {cluster: c, user: u, namespace: of-a}}]\n"
             "users: [{name: u, user: {token: of-a}}]\ncurrent-context: x\n",
        "b": config(user="token: of-b", context="namespace: of-b")}),
    case("listed-first-wins-whole", env={"KUBECONFIG": "@HOME@/a:@HOME@/b"}, files={
        "a": "apiVersion: v1\nkind: Config\nusers: [{name: u, user: {token: of-a}}]\n",
        "b": config(user="token: of-b\nas: of-b")}),
    case("listed-relative-to-own", env={"KUBECONFIG": "@HOME@/x/a:@HOME@/y/b"}, files={
        "x/a": "apiVersion: v1\nkind: Config\nusers: [{name: u, user: {tokenFile: token}}]\n", "x/token": "of-x",
        "y/b": config(user="tokenFile: token"), "y/token": "of-y"}),
    case("listed-relative-list", env={"KUBECONFIG": "x/a"}, files={
        "x/a": config(user="tokenFile: token", ca="certificate-authority: ../deep/pki/ca.pem"), "x/token": "of-x"}),
    case("flag-file", config(user="token: home"), files={"own": config(user="token: own")}, flags=["--kubeconfig=own"],
         env={"KUBECONFIG": "@HOME@/.kube/config"}),
    case("flag-file-missing", config(user="token: home"), flags=["--kubeconfig=none"], reaches=False, says=["none"]),
    case("empty-and-current-elsewhere", env={"KUBECONFIG": "@HOME@/a:@HOME@/b"}, files={
        "a": "apiVersion: v1\nkind: Config\ncurrent-context: two\n",
        "b": config(user="token: one", more="- name: two\n  context: {cluster: c, user: u, namespace: two}\n")}),
    case("json", '{"apiVersion": "v1", "kind": "Config", "current-context": "x", "clusters": [{"name": "c", "cluster": {"server": '
         '"https://127.0.0.1:6443", "certificate-authority": "@PKI@/ca.pem"}}], "users": [{"name": "u", "user": {"token": "j"}}], '
         '"contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}]}'),
    case("unknown-keys", config(cluster="whatever: {a: 1}", user=TOKEN + "\nother: x", more="preferences: {}\nextensions: []\n")),
    case("anchors", config(user="token: &t anchored\nas: *t")),
    case("malformed", "clusters: [", reaches=False, says=["config:"]),
    case("context-unknown", config(user=TOKEN), flags=["--context=twp"], reaches=False, says=["twp"]),
    case("context-of-nothing", config(user=TOKEN).replace("cluster: c\n    user", "cluster: d\n    user"), reaches=False, says=["'d'"]),
    # ---- flags
    case("context", config(user=TOKEN, more="- name: two\n  context: {cluster: c, user: u, namespace: two}\n"), flags=["--context=two"]),
    case("namespace", config(user=TOKEN, context="namespace: shop")),
    case("namespace-flag", config(user=TOKEN, context="namespace: shop"), flags=["-n", "other"]),
    case("user-flag", config(user=TOKEN).replace("users:\n", "users:\n- name: v\n  user: {token: of-v}\n"), flags=["--user=v"]),
    case("cluster-flag", config(user=TOKEN, server="https://127.0.0.1:1").replace(
        "clusters:\n", "clusters:\n- name: d\n  cluster: {server: 'https://127.0.0.1:6443/d', certificate-authority: '@PKI@/ca.pem'}\n"),
        flags=["--cluster=d"]),
    case("server-flag", config(user=TOKEN, server="https://127.0.0.1:1", cluster="tls-server-name: nonsense"),
         flags=["--server=https://127.0.0.1:6443"]),
    case("server-flag-alone", flags=["-s", "http://127.0.0.1:8001"]),
    case("token-flag", config(user="username: jane\npassword: x"), flags=["--token=flag"],
         differs="kubectl refuses, for the file's user has a password"),
    case("token-flag-over-exec", config(user=plugin()), flags=["--token=flag"]),
    case("ca-flag", config(user=TOKEN, ca="certificate-authority: @PKI@/stranger.pem"), flags=["--certificate-authority=@PKI@/ca.pem"]),
    case("ca-flag-over-insecure", config(user=TOKEN, ca="", cluster="insecure-skip-tls-verify: true"),
         flags=["--certificate-authority=@PKI@/ca.pem"]),
    case("insecure-flag-over-ca", config(user=TOKEN, ca="certificate-authority: @PKI@/stranger.pem"), flags=["--insecure-skip-tls-verify"]),
    case("certificate-flags", config(), flags=["--client-certificate=@PKI@/jane.pem", "--client-key=@PKI@/jane.key"]),
    case("tls-server-name-flag", config(user=TOKEN, cluster="tls-server-name: nonsense"), flags=["--tls-server-name=inner.name"]),
    case("disable-compression-flag", config(user=TOKEN), flags=["--disable-compression"]),
    case("request-timeout-flag", config(user=TOKEN), flags=["--request-timeout=9s"]),
    # ---- proxies
    case("proxy-http", config(server=OUTSIDE, cluster="proxy-url: http://127.0.0.1:3128", user=TOKEN)),
    case("proxy-https", config(server=OUTSIDE, cluster="proxy-url: https://127.0.0.1:3129", user=TOKEN), reaches=None),
    case("proxy-socks5", config(server=OUTSIDE, cluster="proxy-url: socks5://127.0.0.1:1080", user=TOKEN)),
    case("proxy-user", config(server=OUTSIDE, cluster="proxy-url: 'http://jane:p%40ss@127.0.0.1:3128'", user=TOKEN)),
    case("proxy-socks5-user", config(server=OUTSIDE, cluster="proxy-url: 'socks5://jane:pass@127.0.0.1:1080'", user=TOKEN)),
    case("proxy-server-name", config(server=OUTSIDE, cluster="proxy-url: http://127.0.0.1:3128\ntls-server-name: inner.name", user=TOKEN)),
    case("proxy-of-loopback", config(cluster="proxy-url: http://127.0.0.1:3128", user=TOKEN)),
    case("proxy-http-server", config(server="http://10.9.0.1:8001", ca="", cluster="proxy-url: http://127.0.0.1:3128"), reaches=None),
    case("proxy-scheme", config(server=OUTSIDE, cluster="proxy-url: ftp://127.0.0.1:1", user=TOKEN), reaches=False, says=["proxy-url"]),
    case("proxy-down", config(server=OUTSIDE, cluster="proxy-url: http://127.0.0.1:1", user=TOKEN), reaches=False, says=["127.0.0.1"]),
    case("env-proxy", config(server=OUTSIDE, user=TOKEN), env={"HTTPS_PROXY": PROXY}),
    case("env-proxy-lower", config(server=OUTSIDE, user=TOKEN), env={"https_proxy": "10.9.0.1:3128"}),
    case("env-proxy-socks5", config(server=OUTSIDE, user=TOKEN), env={"HTTPS_PROXY": "socks5://10.9.0.1:1080"}),
    case("env-proxy-of-http", config(server=OUTSIDE, user=TOKEN), env={"HTTP_PROXY": PROXY}),
    case("env-proxy-loopback", config(user=TOKEN), env={"HTTPS_PROXY": PROXY}),
    case("env-proxy-url-wins", config(server=OUTSIDE, cluster="proxy-url: socks5://127.0.0.1:1080", user=TOKEN),
         env={"HTTPS_PROXY": PROXY}),
    case("env-proxy-url-not-by-no-proxy", config(server=OUTSIDE, cluster="proxy-url: socks5://127.0.0.1:1080", user=TOKEN),
         env={"NO_PROXY": "*"}),
    *[case("no-proxy-" + name, config(server=server, user=TOKEN), env={"HTTPS_PROXY": PROXY, "NO_PROXY": value})
      for name, server, value in (
          ("all", OUTSIDE, "*"), ("name", OUTSIDE, "a.b,api.internal"), ("suffix", OUTSIDE, "internal"),
          ("dot-suffix", OUTSIDE, ".internal"), ("dot-self", OUTSIDE, ".api.internal"), ("port", OUTSIDE, "api.internal:6443"),
          ("other-port", OUTSIDE, "api.internal:443"), ("address", "https://10.9.0.1:6443", "10.9.0.1"),
          ("cidr", "https://10.9.0.1:6443", "192.168.0.0/16, 10.0.0.0/8"), ("other-cidr", "https://10.9.0.1:6443", "10.10.0.0/16"),
          ("cidr-of-name", OUTSIDE, "10.0.0.0/8"), ("part-of-name", OUTSIDE, "pi.internal"))],
    # ---- exec plugins
    *[case("exec-" + version, config(user=plugin("args: [a, 'b c']\nenv: [{name: EXTRA, value: more}]", version=version)),
           files={".kube/plugin": EXEC + credential('"token": "by-plugin"', version)}) for version in ("v1", "v1beta1")],
    case("exec-if-available", config(user=plugin(mode="interactiveMode: IfAvailable\n")),
         files={".kube/plugin": EXEC + credential('"token": "by-plugin"')}),
    case("exec-always", config(user=plugin(mode="interactiveMode: Always\n")), reaches=False, says=["terminal"],
         files={".kube/plugin": EXEC + credential('"token": "by-plugin"')}),
    case("exec-no-mode-v1", config(user=plugin(mode="")), files={".kube/plugin": EXEC + credential('"token": "x"')}, reaches=False,
         says=["interactiveMode"]),
    case("exec-no-mode-v1beta1", config(user=plugin(mode="", version="v1beta1")),
         files={".kube/plugin": EXEC + credential('"token": "x"', "v1beta1")}),
    case("exec-on-path", config(user=plugin(command="own-plugin")), files={"bin/own-plugin": EXEC + credential('"token": "x"')},
         env={"PATH": "@HOME@/bin:/usr/bin:/bin"}),
    case("exec-cluster-info", config(user=plugin("provideClusterInfo: true"), cluster="tls-server-name: inner.name\nextensions:\n"
                                     "- name: client.authentication.k8s.io/exec\n  extension: {audience: some, count: 1, deep: {list: [a, 2.5, true, null]}}"),
         files={".kube/plugin": EXEC + credential('"token": "x"')}),
    case("exec-cluster-info-data", config(user=plugin("provideClusterInfo: true"), ca="certificate-authority-data: @DATA:ca.pem@",
                                          cluster="proxy-url: http://127.0.0.1:3128\ndisable-compression: true"),
         files={".kube/plugin": EXEC + credential('"token": "x"')}),
    case("exec-certificate", config(user=plugin()), files={".kube/plugin": EXEC + r"""
flat() { awk '{ printf "%s\\n", $0 }' "$1"; }
""" + credential('"clientCertificateData": "$(flat @PKI@/exec.pem)", "clientKeyData": "$(flat @PKI@/exec.key)"')}),
    case("exec-certificate-without-key", config(user=plugin()), reaches=False, says=["without"],
         files={".kube/plugin": EXEC + credential('"clientCertificateData": "x"')}),
    case("exec-nothing", config(user=plugin()), reaches=False, says=["neither"], files={".kube/plugin": EXEC + credential("")}),
    case("exec-other-version", config(user=plugin()), reaches=False, says=["another apiVersion"],
         files={".kube/plugin": EXEC + credential('"token": "x"', "v1beta1")}),
    case("exec-alpha", config(user=plugin(version="v1alpha1")), reaches=False, says=["v1alpha1"],
         files={".kube/plugin": EXEC + credential('"token": "x"', "v1alpha1")}),
    case("exec-no-json", config(user=plugin()), reaches=False, says=["no JSON"], files={".kube/plugin": EXEC + "echo hello\n"}),
    case("exec-fails", config(user=plugin()), reaches=False, says=["status 3"], files={".kube/plugin": EXEC + "exit 3\n"}),
    case("exec-missing", config(user=plugin("installHint: get it at example", command="none-such")), reaches=False,
         says=["none-such", "get it at example"]),
    case("exec-and-token", config(user=plugin() + "token: static"), files={".kube/plugin": EXEC + credential('"token": "x"')}, reaches=None),
    case("exec-and-certificate", config(user=plugin() + "client-certificate: @PKI@/jane.pem\nclient-key: @PKI@/jane.key"),
         files={".kube/plugin": EXEC + credential('"token": "x"')}),
    case("exec-and-basic", config(user=plugin() + "username: jane\npassword: p"),
         files={".kube/plugin": EXEC + credential('"token": "x"')}, reaches=None),
    case("exec-and-token-file", config(user=plugin() + "tokenFile: token"), reaches=None,
         files={".kube/plugin": EXEC + credential('"token": "x"'), ".kube/token": "of-file"}),
    case("exec-again-on-401", config(user=plugin()), refused=["first"], tries=2,
         files={".kube/plugin": EXEC + 'n=second; [ -e @HOME@/count ] || n=first; echo >>@HOME@/count\n' + credential('"token": "$n"')}),
    case("exec-over-http", config(server="http://127.0.0.1:8001", ca="", user=plugin()),
         files={".kube/plugin": EXEC + credential('"token": "x"')}),
    # ---- in a pod
    case("in-cluster", account={"token": "of-the-pod\n", "namespace": "pods-own", "ca.crt": "@FILE:ca.pem@"}, namespace="pods-own",
         env={"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": "6443"}),
    case("in-cluster-namespace", account={"token": "of-the-pod\n", "namespace": "pods-own", "ca.crt": "@FILE:ca.pem@"}, namespace="other",
         flags=["-n", "other"], env={"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": "6443"}),
    case("in-cluster-but-configured", config(user=TOKEN), account={"token": "of-the-pod\n", "namespace": "pods-own", "ca.crt": "@FILE:ca.pem@"},
         env={"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": "6443"}),
    case("in-cluster-impersonate", account={"token": "of-the-pod\n", "namespace": "pods-own", "ca.crt": "@FILE:ca.pem@"}, namespace="pods-own",
         differs="kubectl forgets the pod's account when there is a flag", flags=["--as", "jane"], env={"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": "6443"}),
    case("nothing-at-all", reaches=False, says=["no kubeconfig"]),
]
