using k8s.Models;
using OrleansOrchestrator.ControlPlane.Hosting;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;

namespace OrleansOrchestrator.ControlPlane.Tests.Controllers;

public sealed class RootCertificateTests
{
    private const string MapName = "kube-root-ca.crt";

    [Fact]
    public async Task Certificate_OfCluster_IsInEveryNamespaceAndComesBack()
    {
        await using var file = new SqliteFile();
        await using var silo = await file.StartSiloAsync(new ControlPlaneOptions { RootCertificatePem = "pem" });
        var space = await silo.Api.NewNamespaceAsync();
        foreach (var name in new[] { "default", space })
            await silo.Api.UntilAsync<V1ConfigMap>(name, maps => maps is [{ Metadata.Name: MapName }] && maps[0].Data["ca.crt"] == "pem");

        await silo.Api.DeleteAsync<V1ConfigMap>(space, MapName);
        await silo.Api.UntilAsync<V1ConfigMap>(space, maps => maps is [{ Metadata.Name: MapName }]);
    }
}
