namespace OrleansOrchestrator.ControlPlane.Authorization;

/// <summary>The verbs of resource requests, as authorization rules name them.</summary>
public static class Verbs
{
    /// <summary>Read one object.</summary>
    public const string Get = "get";

    /// <summary>Read a collection.</summary>
    public const string List = "list";

    /// <summary>Follow the changes of a collection.</summary>
    public const string Watch = "watch";

    /// <summary>Add an object.</summary>
    public const string Create = "create";

    /// <summary>Replace an object.</summary>
    public const string Update = "update";

    /// <summary>Change parts of an object.</summary>
    public const string Patch = "patch";

    /// <summary>Delete an object.</summary>
    public const string Delete = "delete";

    /// <summary>Delete all objects of a collection.</summary>
    public const string DeleteCollection = "deletecollection";

    /// <summary>Write roles with more permissions than one has.</summary>
    public const string Escalate = "escalate";

    /// <summary>Grant roles with more permissions than one has.</summary>
    public const string Bind = "bind";

    /// <summary>Act as a user, a group or a service account.</summary>
    public const string Impersonate = "impersonate";
}
