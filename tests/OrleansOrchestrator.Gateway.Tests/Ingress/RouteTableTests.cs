using k8s.Models;
using OrleansOrchestrator.Gateway.Ingress;
using OrleansOrchestrator.Kinds.Networking;

namespace OrleansOrchestrator.Gateway.Tests.Ingress;

/// <summary>Which rule of which ingress a request meets.</summary>
public sealed class RouteTableTests
{
    /// <summary>The examples of https://kubernetes.io/docs/concepts/services-networking/ingress/#examples.</summary>
    [Theory]
    [InlineData("Prefix /", "/any/path", "Prefix /")]
    [InlineData("Exact /foo", "/foo", "Exact /foo")]
    [InlineData("Exact /foo", "/bar", null)]
    [InlineData("Exact /foo", "/foo/", null)]
    [InlineData("Exact /foo/", "/foo", null)]
    [InlineData("Prefix /foo", "/foo", "Prefix /foo")]
    [InlineData("Prefix /foo", "/foo/", "Prefix /foo")]
    [InlineData("Prefix /foo/", "/foo", "Prefix /foo/")]
    [InlineData("Prefix /foo/", "/foo/", "Prefix /foo/")]
    [InlineData("Prefix /aaa/bb", "/aaa/bbb", null)]
    [InlineData("Prefix /aaa/bbb", "/aaa/bbb", "Prefix /aaa/bbb")]
    [InlineData("Prefix /aaa/bbb/", "/aaa/bbb", "Prefix /aaa/bbb/")]
    [InlineData("Prefix /aaa/bbb", "/aaa/bbb/", "Prefix /aaa/bbb")]
    [InlineData("Prefix /aaa/bbb", "/aaa/bbb/ccc", "Prefix /aaa/bbb")]
    [InlineData("Prefix /aaa/bbb", "/aaa/bbbxyz", null)]
    [InlineData("Prefix /, Prefix /aaa", "/aaa/ccc", "Prefix /aaa")]
    [InlineData("Prefix /, Prefix /aaa, Prefix /aaa/bbb", "/aaa/bbb", "Prefix /aaa/bbb")]
    [InlineData("Prefix /, Prefix /aaa, Prefix /aaa/bbb", "/ccc", "Prefix /")]
    [InlineData("Prefix /aaa", "/ccc", null)]
    [InlineData("Prefix /foo, Exact /foo", "/foo", "Exact /foo")]
    [InlineData("ImplementationSpecific /foo", "/foo/bar", "ImplementationSpecific /foo")]
    [InlineData("ImplementationSpecific ", "/foo", "ImplementationSpecific ")]
    [InlineData("Prefix /Foo", "/foo", null)]
    [InlineData("Prefix /a", "/a//b", "Prefix /a")]
    [InlineData("Prefix /", "", "Prefix /")]
    public void Path_MeetsTheRuleOfTheDocumentation(string rules, string path, string? expected)
    {
        var ingress = Ingress("one", rules: ("", rules.Split(", ")));

        ServiceOf(Table(ingress).Find("any.example.com", path)).ShouldBe(expected is null ? null : NameOf(expected));
    }

    [Theory]
    [InlineData("*.foo.com", "bar.foo.com", true)]
    [InlineData("*.foo.com", "baz.bar.foo.com", false)]
    [InlineData("*.foo.com", "foo.com", false)]
    [InlineData("foo.bar.com", "foo.bar.com", true)]
    [InlineData("foo.bar.com", "FOO.bar.COM", true)]
    [InlineData("foo.bar.com", "bar.com", false)]
    [InlineData("", "anything", true)]
    public void Host_MatchesAsInDns(string rule, string host, bool matches) =>
        (Table(Ingress("one", rules: (rule, ["Prefix /"]))).Find(host, "/") is not null).ShouldBe(matches);

    [Fact]
    public void Host_ThatIsNamed_ComesBeforeWildcards_AndThoseBeforeAllHosts()
    {
        var table = Table(
            Ingress("all", rules: ("", ["Prefix /a/b/c", "Prefix /all"])),
            Ingress("wild", rules: ("*.foo.com", ["Prefix /a/b", "Prefix /wild"])),
            Ingress("named", rules: ("bar.foo.com", ["Prefix /a"])));

        table.Find("bar.foo.com", "/a/b/c")!.Ingress.Name.ShouldBe("named");
        table.Find("other.foo.com", "/a/b/c")!.Ingress.Name.ShouldBe("wild");
        table.Find("else.com", "/a/b/c")!.Ingress.Name.ShouldBe("all");

        // What the rules of a host leave, the wider ones take.
        table.Find("bar.foo.com", "/wild")!.Ingress.Name.ShouldBe("wild");
        table.Find("bar.foo.com", "/all")!.Ingress.Name.ShouldBe("all");
        table.Find("bar.foo.com", "/none").ShouldBeNull();
    }

    [Fact]
    public void Rule_OfTwoIngresses_IsThatOfTheFirst()
    {
        var table = Table(Ingress("old", rules: ("a.com", ["Prefix /x", "Exact /y"])), Ingress("new", rules: ("a.com", ["Prefix /x/", "Exact /y", "Prefix /new"])));

        table.Find("a.com", "/x/1")!.Ingress.Name.ShouldBe("old");
        table.Find("a.com", "/y")!.Ingress.Name.ShouldBe("old");
        table.Find("a.com", "/new")!.Ingress.Name.ShouldBe("new");
    }

    /// <summary>Otherwise anybody could take a path of another's host, with its cookies, or get certificates for it.</summary>
    [Fact]
    public void Host_BelongsToTheNamespaceOfTheOldestIngress()
    {
        V1Ingress[] ingresses =
        [
            Ingress("old", rules: ("shop.com", ["Prefix /cart"])),
            In("evil", Ingress("new", "rest", ("shop.com", ["Prefix /cart/login", "Prefix /"]))),
            In("evil", Ingress("all", rules: ("", ["Prefix /.well-known"]))),
            Ingress("newest", rules: ("shop.com", ["Prefix /own"])),
            Ingress("own-all", rules: ("", ["Prefix /own-all"])),
        ];
        var table = Table(ingresses);

        table.Find("shop.com", "/cart/login")!.Ingress.Name.ShouldBe("old");
        table.Find("shop.com", "/own")!.Ingress.Name.ShouldBe("newest");
        table.Find("shop.com", "/own-all")!.Ingress.Name.ShouldBe("own-all");
        table.Find("shop.com", "/.well-known/acme-challenge/x").ShouldBeNull();
        table.Find("shop.com", "/").ShouldBeNull();
        table.Find("else.com", "/.well-known/x")!.Ingress.Name.ShouldBe("all");

        var shared = RouteTable.Of(ingresses, IngressHosts.Shared, key => new Backend(key));
        shared.Find("shop.com", "/cart/login")!.Ingress.Name.ShouldBe("new");
    }

    [Fact]
    public void Names_OfAWildcard_BelongToItsNamespace_UnlessTheyAreOlder()
    {
        var table = Table(
            In("early", Ingress("early", rules: ("early.foo.com", ["Prefix /"]))),
            Ingress("wild", rules: ("*.foo.com", ["Prefix /"])),
            In("late", Ingress("late", rules: ("late.foo.com", ["Prefix /late"]))),
            Ingress("own", rules: ("own.foo.com", ["Prefix /own"])));

        table.Find("early.foo.com", "/")!.Ingress.Name.ShouldBe("early");
        table.Find("late.foo.com", "/late")!.Ingress.Name.ShouldBe("wild");
        table.Find("own.foo.com", "/own")!.Ingress.Name.ShouldBe("own");
        table.Find("own.foo.com", "/x")!.Ingress.Name.ShouldBe("wild");
    }

    /// <summary>Only as many elements are looked up as rules have, because each look-up costs the length of what is before it.</summary>
    [Fact]
    public void Path_OfManyElements_MeetsItsRule()
    {
        var table = Table(Ingress("one", rules: ("", ["Prefix /a/a", "Prefix /a/a/a/b"])));

        ServiceOf(table.Find("x", string.Concat(Enumerable.Repeat("/a", 4000)))).ShouldBe(NameOf("Prefix /a/a"));
        ServiceOf(table.Find("x", "/a/a/a/b/a")).ShouldBe(NameOf("Prefix /a/a/a/b"));
    }

    [Fact]
    public void DefaultBackend_TakesWhatTheRulesLeaveOfTheirHosts()
    {
        var table = Table(Ingress("shop", "rest", ("shop.com", ["Prefix /cart"]), ("bare.com", [])), Ingress("catch-all", "everything"));

        ServiceOf(table.Find("shop.com", "/cart/1")).ShouldBe(NameOf("Prefix /cart"));
        ServiceOf(table.Find("shop.com", "/other")).ShouldBe("rest");
        ServiceOf(table.Find("bare.com", "/other")).ShouldBe("rest");
        ServiceOf(table.Find("unheard-of.com", "/other")).ShouldBe("everything");
    }

    [Fact]
    public void Backend_OfSeveralRules_IsOne()
    {
        var ingress = Ingress("one", rules: ("", ["Prefix /a", "Prefix /b"]));
        foreach (var path in ingress.Spec.Rules[0].Http.Paths)
            path.Backend.Service.Name = "same";
        var table = Table(ingress);

        table.Find("x", "/a")!.Backend.ShouldBeSameAs(table.Find("x", "/b")!.Backend);
        table.Find("x", "/a")!.Backend.Key.Service.ToString().ShouldBe("shop/same");
    }

    [Theory]
    [InlineData("a.com", "a.com", null, "a.com", true)]
    [InlineData("a.com", "b.com", null, "a.com", false)]
    [InlineData("*.a.com", "*.a.com", null, "x.a.com", true)]
    [InlineData("", "a.com", null, "a.com", true)]
    [InlineData("", "a.com", null, "b.com", false)]
    [InlineData("a.com", null, null, "a.com", true)]
    [InlineData("a.com", "a.com", "false", "a.com", false)]
    [InlineData("a.com", "a.com", "true", "a.com", true)]
    public void Host_WithACertificateOfItsIngress_IsRedirected(string rule, string? certified, string? annotation, string host, bool isRedirected)
    {
        var ingress = Ingress("one", rules: (rule, ["Prefix /"]));
        ingress.Spec.Tls = [new V1IngressTLS { Hosts = certified is null ? null : [certified], SecretName = "pair" }];
        if (annotation is not null)
            ingress.Metadata.Annotations = new Dictionary<string, string> { [RouteTable.RedirectAnnotation] = annotation };

        (Table(ingress).Find(host, "/")!.SecureHosts?.Find(host) is not null).ShouldBe(isRedirected);
    }

    private static RouteTable Table(params V1Ingress[] ingresses)
    {
        var backends = new Dictionary<BackendKey, Backend>();
        return RouteTable.Of(ingresses, IngressHosts.Of(ingresses), key => backends.TryGetValue(key, out var known) ? known : backends[key] = new Backend(key));
    }

    private static V1Ingress In(string @namespace, V1Ingress ingress)
    {
        ingress.Metadata.NamespaceProperty = @namespace;
        return ingress;
    }

    private static string? ServiceOf(Route? route) => route?.Backend.Key.Service.Name;

    private static string NameOf(string rule) => rule.ToLowerInvariant().Replace(' ', '-').Replace('/', '-');

    private static V1Ingress Ingress(string name, string? standard = null, params (string Host, string[] Paths)[] rules) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = "shop" },
        Spec = new V1IngressSpec
        {
            DefaultBackend = standard is null ? null : BackendOf(standard),
            Rules =
            [
                .. rules.Select(rule => new V1IngressRule
                {
                    Host = rule.Host,
                    Http = rule.Paths.Length == 0 ? null : new V1HTTPIngressRuleValue
                    {
                        Paths = [.. rule.Paths.Select(text => new V1HTTPIngressPath { PathType = text.Split(' ')[0], Path = text.Split(' ')[1], Backend = BackendOf(NameOf(text)) })],
                    },
                }),
            ],
        },
    };

    private static V1IngressBackend BackendOf(string service) =>
        new() { Service = new V1IngressServiceBackend { Name = service, Port = new V1ServiceBackendPort { Number = 80 } } };
}
