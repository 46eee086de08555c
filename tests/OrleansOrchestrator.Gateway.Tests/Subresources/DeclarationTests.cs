using System.Net;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Gateway.Limits;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Gateway.Tests.Hosting;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Tests.Subresources;

/// <summary>Walks all declarations: everything that is said of a subresource elsewhere follows from them.</summary>
public sealed class DeclarationTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    private static readonly (string Method, string Verb)[] Methods =
        [("GET", Verbs.Get), ("POST", Verbs.Create), ("PUT", Verbs.Update), ("PATCH", Verbs.Patch), ("DELETE", Verbs.Delete)];

    [Fact]
    public async Task Discovery_OfEachVersion_TellsWhatIsDeclaredAndNothingElse()
    {
        foreach (var version in gateway.Routes.All.GroupBy(route => ResourceRoutes.PrefixOf(route.ServedVersion.Group, route.ServedVersion.Version)))
        {
            var expected = version.SelectMany(route => route.Subresources.Select(subresource =>
                $"{route.ServedVersion.Definition.Plural}/{subresource.Name} {string.Join(' ', subresource.Verbs)}"));
            var resources = (await gateway.Admin.GetJsonAsync("/" + version.Key)).ShouldSucceed()["resources"]!.AsArray();
            resources.Where(resource => resource!["name"]!.GetValue<string>().Contains('/', StringComparison.Ordinal))
                .Select(resource => $"{resource!["name"]} {string.Join(' ', resource["verbs"]!.AsArray().Select(verb => verb!.GetValue<string>()))}")
                .ShouldBe(expected, ignoreOrder: true, version.Key);
        }
    }

    [Fact]
    public void Path_OfEachSubresource_LeadsToItsDeclaration()
    {
        foreach (var (route, declaration) in All())
        {
            var path = PathOf(route.ServedVersion) + "/" + declaration.Name;
            var info = Parse("GET", path + "/a/b/");
            (info.ServedVersion, info.Subresource, info.SubresourcePath).ShouldBe((route.ServedVersion, declaration.Name, "/a/b/"));
            foreach (var (method, verb) in Methods)
            {
                info = Parse(method, path);
                (info.Declaration, info.Verb, info.SubresourcePath).ShouldBe((declaration, verb, ""));
                (RequestClasses.Of(info) == RequestClass.Stream).ShouldBe(declaration.IsLongRunning, path);
            }
        }
    }

    [Fact]
    public async Task Request_OfAVerbThatIsNotDeclared_IsNotAllowed()
    {
        foreach (var (route, declaration) in All().DistinctBy(declared => declared.Declaration))
        {
            var path = PathOf(route.ServedVersion) + "/" + declaration.Name;
            foreach (var (method, _) in Methods.Where(method => !declaration.Verbs.Contains(method.Verb)))
                (await CallAsync(method, path)).ShouldBe(HttpStatusCode.MethodNotAllowed, $"{method} {path}");
            foreach (var (method, _) in Methods.Where(method => declaration.Verbs.Contains(method.Verb)))
            {
                var code = await CallAsync(method, path);
                code.ShouldNotBe(HttpStatusCode.MethodNotAllowed, $"{method} {path}");
                code.ShouldNotBe(HttpStatusCode.NotImplemented, $"{method} {path}");
            }
        }
    }

    [Fact]
    public async Task Request_ForAPathBehindASubresource_IsFoundOnlyWhereOneIsDeclared()
    {
        foreach (var (route, declaration) in All().DistinctBy(declared => declared.Declaration))
        {
            var path = PathOf(route.ServedVersion) + "/" + declaration.Name;
            var (response, body) = await gateway.Admin.GetJsonAsync(path + "/x");
            response.IsSuccessStatusCode.ShouldBeFalse(path);

            // Where a path may follow, the object is looked for, and that there is none has another message.
            ((string?)body!["message"] != "the server could not find the requested resource").ShouldBe(declaration.TakesPath, path);
        }
    }

    [Fact]
    public async Task Request_OfAnObjectVerb_IsAllowedWhereItIsDeclared()
    {
        var collection = "/api/v1/namespaces/default/configmaps";
        foreach (var (method, path) in new[] { ("POST", collection + "/c"), ("PUT", collection), ("PATCH", collection) })
            (await CallAsync(method, path)).ShouldBe(HttpStatusCode.MethodNotAllowed, $"{method} {path}");
        foreach (var method in new[] { "POST", "PUT", "PATCH", "DELETE" })
            (await CallAsync(method, "/api/v1/componentstatuses/c")).ShouldBe(HttpStatusCode.MethodNotAllowed, method);
        (await CallAsync("GET", "/api/v1/componentstatuses?watch=true")).ShouldBe(HttpStatusCode.MethodNotAllowed);
    }

    private IEnumerable<(ResourceRoute Route, SubresourceDeclaration Declaration)> All() =>
        gateway.Routes.All.SelectMany(route => route.Subresources.Select(subresource => (route, subresource)));

    private RequestInfo Parse(string method, string path) => gateway.Parser.Parse(method, path, RequestOptions.Parse(default));

    private async Task<HttpStatusCode> CallAsync(string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await gateway.Admin.SendAsync(request, TestContext.Current.CancellationToken);
        return response.StatusCode;
    }

    private static string PathOf(ServedVersion served) =>
        $"/{ResourceRoutes.PrefixOf(served.Group, served.Version)}{(served.Definition.Namespaced ? "/namespaces/default" : "")}/{served.Definition.Plural}/thing";
}
