using CsCheck;
using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Kinds;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Tests.Requests;

public sealed class RequestInfoParserTests
{
    private readonly RequestInfoParser _parser = new(new ResourceRoutes(BuiltInKinds.Registry, []));

    [Theory]
    [InlineData("GET", "/api/v1/pods", "list v1 pods")]
    [InlineData("GET", "/api/v1/pods?watch=true", "watch v1 pods")]
    [InlineData("GET", "/api/v1/pods?watch=1", "watch v1 pods")]
    [InlineData("GET", "/api/v1/pods?watch=0", "list v1 pods")]
    [InlineData("HEAD", "/api/v1/pods?watch=true", "list v1 pods")]
    [InlineData("HEAD", "/api/v1/watch/pods", "list v1 pods")]
    [InlineData("GET", "/api/v1/pods?watch=false", "list v1 pods")]
    [InlineData("GET", "/api/v1/namespaces/default/pods", "list v1 pods in default")]
    [InlineData("GET", "/api/v1/namespaces/default/pods/", "list v1 pods in default")]
    [InlineData("GET", "/api/v1/namespaces/default/pods/web", "get v1 pods in default web")]
    [InlineData("HEAD", "/api/v1/namespaces/default/pods/web", "get v1 pods in default web")]
    [InlineData("POST", "/api/v1/namespaces/default/pods", "create v1 pods in default")]
    [InlineData("PUT", "/api/v1/namespaces/default/pods/web", "update v1 pods in default web")]
    [InlineData("PATCH", "/api/v1/namespaces/default/pods/web/status", "patch v1 pods in default web/status")]
    [InlineData("DELETE", "/api/v1/namespaces/default/pods/web", "delete v1 pods in default web")]
    [InlineData("DELETE", "/api/v1/namespaces/default/pods", "deletecollection v1 pods in default")]
    [InlineData("POST", "/api/v1/namespaces/default/pods/web/binding", "create v1 pods in default web/binding")]
    [InlineData("GET", "/api/v1/namespaces", "list v1 namespaces")]
    [InlineData("GET", "/api/v1/namespaces/default", "get v1 namespaces in default default")]
    [InlineData("PUT", "/api/v1/namespaces/default/finalize", "update v1 namespaces in default default/finalize")]
    [InlineData("PUT", "/api/v1/namespaces/default/status", "update v1 namespaces in default default/status")]
    [InlineData("GET", "/api/v1/nodes/n1", "get v1 nodes n1")]
    [InlineData("GET", "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n1", "get coordination.k8s.io/v1 leases in kube-node-lease n1")]
    [InlineData("GET", "/apis/example.com/v1alpha1/widgets/w", "get example.com/v1alpha1 widgets w")]
    [InlineData("GET", "/api/v1/watch/namespaces/default/pods", "watch v1 pods in default")]
    [InlineData("GET", "/api/v1/watch/namespaces/default/pods/web", "watch v1 pods in default web")]
    [InlineData("GET", "/api/v1/watch/pods", "watch v1 pods")]
    [InlineData("GET", "/api/v1/namespaces/default/pods/web/proxy/a/b", "get v1 pods in default web/proxy/a/b")]
    [InlineData("GET", "/api/v1/namespaces/default/pods/web/proxy/", "get v1 pods in default web/proxy/")]
    [InlineData("GET", "/apis/apps/v1/watch/namespaces/default/replicasets/web/proxy/a/b/", "watch apps/v1 replicasets in default web/proxy/a/b/")]
    [InlineData("OPTIONS", "/api/v1/pods", "options v1 pods")]
    public void Parse_OfResourcePath_ReadsItsParts(string method, string target, string expected)
    {
        var info = Parse(method, target);
        info.IsResource.ShouldBeTrue();
        var group = info.Group.Length == 0 ? "" : info.Group + "/";
        var scope = info.Namespace.Length == 0 ? "" : $" in {info.Namespace}";
        var name = info.Name.Length == 0 ? "" : $" {info.Name}";
        var subresource = info.Subresource.Length == 0 ? "" : $"/{info.Subresource}{info.SubresourcePath}";
        $"{info.Verb} {group}{info.Version} {info.Resource}{scope}{name}{subresource}".ShouldBe(expected);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("")]
    [InlineData("/api")]
    [InlineData("/api/v1")]
    [InlineData("/apis/apps/v1")]
    [InlineData("/version")]
    [InlineData("/openapi/v3/api/v1")]
    [InlineData("/apiary/v1/pods")]
    public void Parse_OfOtherPath_IsNoResource(string path)
    {
        var info = Parse("GET", path);
        info.IsResource.ShouldBeFalse();
        info.Verb.ShouldBe("get");
        info.Path.ShouldBe(path);
    }

    [Fact]
    public void Key_OfNamespaceObject_IsInNoNamespace()
    {
        Parse("GET", "/api/v1/namespaces/default").Key.ShouldBe(new ObjectKey("", "default"));
        Parse("GET", "/api/v1/namespaces/default/pods/web").Key.ShouldBe(new ObjectKey("default", "web"));
    }

    [Fact]
    public void Parse_OfAnyPath_NeverFails()
    {
        string[] segments = ["api", "apis", "v1", "watch", "namespaces", "pods", "", "a", "status", "apps", "%", "..", "ä"];
        Check.Sample(
            Gen.OneOf(segments).Array[0, 14].Select(parts => "/" + string.Join('/', parts)),
            path => Parse("GET", path).Path == path);
    }

    private RequestInfo Parse(string method, string target)
    {
        var parts = target.Split('?');
        return _parser.Parse(method, parts[0], RequestOptions.Parse(parts.Length > 1 ? new QueryString("?" + parts[1]) : default));
    }
}
