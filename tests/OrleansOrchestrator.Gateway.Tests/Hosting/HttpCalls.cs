using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace OrleansOrchestrator.Gateway.Tests.Hosting;

/// <summary>Short forms for the calls that tests make.</summary>
internal static class HttpCalls
{
    public static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");

    /// <summary>Sends a request with a body and any headers, and reads the answer as JSON.</summary>
    public static async Task<(HttpResponseMessage Response, JsonNode? Body)> CallAsync(
        this HttpClient client, HttpMethod method, string path, HttpContent? content = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content, Version = client.DefaultRequestVersion };
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        var response = await client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return (response, text.Length > 0 && text[0] is '{' or '[' ? JsonNode.Parse(text) : null);
    }

    /// <summary>Sends a request with a path and query that nothing changes on the way.</summary>
    public static async Task<(HttpResponseMessage Response, JsonNode? Body)> CallRawAsync(this HttpClient client, HttpMethod method, string target)
    {
        var address = new Uri(client.BaseAddress!.GetLeftPart(UriPartial.Authority) + target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(method, address) { Version = client.DefaultRequestVersion };
        var response = await client.SendAsync(request);
        return (response, JsonNode.Parse(await response.Content.ReadAsStringAsync()));
    }

    public static Task<(HttpResponseMessage Response, JsonNode? Body)> GetJsonAsync(
        this HttpClient client, string path, params (string Name, string Value)[] headers) => client.CallAsync(HttpMethod.Get, path, null, headers);

    /// <summary>Requires a failure of a code and reason; answers its message.</summary>
    public static string ShouldFail(this (HttpResponseMessage Response, JsonNode? Body) answer, HttpStatusCode code, string reason)
    {
        answer.Response.StatusCode.ShouldBe(code, answer.Body?.ToJsonString());
        answer.Body!["kind"]!.GetValue<string>().ShouldBe("Status");
        answer.Body["status"]!.GetValue<string>().ShouldBe("Failure");
        answer.Body["reason"]!.GetValue<string>().ShouldBe(reason);
        answer.Body["code"]!.GetValue<int>().ShouldBe((int)code);
        return answer.Body["message"]!.GetValue<string>();
    }

    /// <summary>Requires a success; answers its body.</summary>
    public static JsonNode ShouldSucceed(this (HttpResponseMessage Response, JsonNode? Body) answer, HttpStatusCode code = HttpStatusCode.OK)
    {
        answer.Response.StatusCode.ShouldBe(code, answer.Body?.ToJsonString());
        return answer.Body!;
    }
}
