using System.Security.Cryptography.X509Certificates;
using OrleansOrchestrator.Node.Server;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Testing.Certificates;

namespace OrleansOrchestrator.Node.Tests;

public sealed class CallerVerifierTests : IDisposable
{
    private readonly X509Certificate2 _authority = TestCertificates.Authority("the cluster");

    [Theory]
    [InlineData("CN=system:kube-apiserver", true)]
    [InlineData("O=system:masters, CN=system:kube-apiserver", true)]
    [InlineData("CN=system:node:a, O=system:kube-apiserver", false)]
    [InlineData("O=system:nodes, CN=system:node:a, OU=z+CN=system:kube-apiserver", false)]
    [InlineData("O=system:nodes, OU=z+CN=system:kube-apiserver", false)]
    [InlineData("CN=system:node:a, CN=system:kube-apiserver", false)]
    [InlineData("CN=system:kube-apiserver, CN=system:node:a", false)]
    [InlineData("CN=system:kube-apiserver, OU=z+O=system:masters", false)]
    [InlineData("O=system:masters", false)]
    public void Caller_IsTheApiServer_OnlyIfItsCertificateNamesItAndNobodyElse(string subject, bool isApiServer)
    {
        using var certificate = TestCertificates.Caller(_authority, SubjectName.Of(subject));

        new CallerVerifier([_authority]).IsApiServer(certificate).ShouldBe(isApiServer);
    }

    public void Dispose() => _authority.Dispose();
}
