using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.Model.Fencing;
using OrleansOrchestrator.Node.Leases;

namespace OrleansOrchestrator.Node.Server;

/// <summary>Answers peers that ask for this node's vote. They authenticate by the certificate that the view pins, and may do nothing
/// else.</summary>
internal sealed class PeerQuestions(FencingViews views, NodeVote vote)
{
    /// <summary>Whether a certificate belongs to a node in this node's view.</summary>
    public bool IsPeer(X509Certificate2 caller) => views.IsPeer(SelfSigned.HashOf(caller));

    /// <summary>Whether a request is such a question.</summary>
    public bool Concern(HttpContext context) => context.Request.Path == PeerContacts.Path;

    /// <summary>Lends the vote, or says that the control plane has it.</summary>
    public Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Method != HttpMethods.Post || context.Connection.ClientCertificate is not { } caller || !IsPeer(caller))
            return RefuseAsync(context);
        context.Response.StatusCode = vote.TryLend() ? StatusCodes.Status200OK : StatusCodes.Status409Conflict;
        return Task.CompletedTask;
    }

    /// <summary>Refuses a caller.</summary>
    public static Task RefuseAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        return Task.CompletedTask;
    }
}
