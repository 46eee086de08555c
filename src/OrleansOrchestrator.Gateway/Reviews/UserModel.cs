using k8s.Models;
using OrleansOrchestrator.ControlPlane.Authorization;

namespace OrleansOrchestrator.Gateway.Reviews;

/// <summary>Users in API objects.</summary>
internal static class UserModel
{
    /// <summary>A user.</summary>
    public static V1UserInfo Of(UserInfo user) => new()
    {
        Username = user.Name,
        Uid = user.Uid,
        Groups = [.. user.Groups],
        Extra = user.Extra.Count == 0 ? null : user.Extra.ToDictionary(item => item.Key, IList<string> (item) => [.. item.Value]),
    };
}
