using OrleansOrchestrator.Gateway.Ingress;

namespace OrleansOrchestrator.Gateway.Tests.Ingress;

/// <summary>Paths as routes compare them.</summary>
public sealed class RoutePathTests
{
    [Theory]
    [InlineData(null, "/")]
    [InlineData("", "/")]
    [InlineData("/", "/")]
    [InlineData("/a/b", "/a/b")]
    [InlineData("/a/b/", "/a/b/")]
    [InlineData("//admin", "/admin")]
    [InlineData("/%2Fadmin///x", "/admin/x")]
    [InlineData("/a%2fb", "/a/b")]
    [InlineData("/a/.b/..c/d.", "/a/.b/..c/d.")]
    [InlineData("/x%2F..%2Fadmin", null)]
    [InlineData("/x/../admin", null)]
    [InlineData("/x%2F.", null)]
    public void Path_HasOneSpelling(string? text, string? path) => RoutePath.Of(text).ShouldBe(path);
}
