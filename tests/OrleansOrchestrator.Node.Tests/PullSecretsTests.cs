using System.Net;
using System.Text;
using k8s.Models;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Configuration;
using OrleansOrchestrator.Node.Tests.Fakes;

namespace OrleansOrchestrator.Node.Tests;

/// <summary>A pull goes on with the secrets that can be read.</summary>
public sealed class PullSecretsTests
{
    [Theory]
    [InlineData("away")]
    [InlineData("forbidden")]
    [InlineData("none")]
    public async Task Secret_ThatTheApiDoesNotGive_IsMissingAndHoldsNothingUp(string name)
    {
        var pod = TestPods.Shell("a", "true");
        pod.Spec.ImagePullSecrets = [new V1LocalObjectReference { Name = name }, new V1LocalObjectReference { Name = "good" }];

        var (credentials, missing) = await new PullSecrets(new Source()).FindAsync(pod, "registry.test/image:1", TestContext.Current.CancellationToken);

        credentials.ShouldHaveSingleItem().Password.ShouldBe("pass");
        missing.ShouldBe([name]);
    }

    private sealed class Source : IConfigurationSource
    {
        private static readonly byte[] Config = Encoding.UTF8.GetBytes("""{"auths":{"registry.test":{"username":"user","password":"pass"}}}""");

        public Task<V1ConfigMap?> GetConfigMapAsync(string ns, string name, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<V1Secret?> GetSecretAsync(string ns, string name, CancellationToken cancellationToken) => name switch
        {
            "away" => Task.FromException<V1Secret?>(new ApiUnavailableException(new IOException("no route to host"))),
            "forbidden" => Task.FromException<V1Secret?>(new ApiException(HttpStatusCode.Forbidden, null, "forbidden")),
            "none" => Task.FromResult<V1Secret?>(null),
            _ => Task.FromResult<V1Secret?>(new V1Secret { Data = new Dictionary<string, byte[]> { [".dockerconfigjson"] = Config } }),
        };
    }
}
