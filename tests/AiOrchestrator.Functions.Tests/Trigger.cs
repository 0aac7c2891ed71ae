using System.Collections.ObjectModel;
using System.Reflection;
using AiOrchestrator.Functions.Http;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.AspNetCore.Routing.Template;
using Microsoft.Azure.Functions.Worker;

namespace AiOrchestrator.Functions.Tests;

/// <summary>A function of the head. Attributes are read as data: where there are only signatures, nothing of them can be made.</summary>
/// <param name="Name">Its name on the platform.</param>
/// <param name="Method">The code.</param>
/// <param name="Attribute">The attribute of its trigger.</param>
internal sealed record Trigger(string Name, MethodInfo Method, CustomAttributeData Attribute)
{
    public bool IsHttp => Attribute.AttributeType == typeof(HttpTriggerAttribute);

    /// <summary>Of an HTTP trigger: the template.</summary>
    public string Route => (string)Attribute.NamedArguments.Single(static a => a.MemberName == "Route").TypedValue.Value!;

    /// <summary>Of an HTTP trigger: who may call, as the platform sees it; 0 is everybody.</summary>
    public int Level => (int)Attribute.ConstructorArguments[0].Value!;

    /// <summary>Of an HTTP trigger: its methods, in capitals.</summary>
    public IReadOnlyList<string> Methods =>
        [.. ((ReadOnlyCollection<CustomAttributeTypedArgument>)Attribute.ConstructorArguments[1].Value!).Select(static a => ((string)a.Value!).ToUpperInvariant())];

    public bool Takes(string method, string path)
    {
        var matcher = new TemplateMatcher(new RouteTemplate(RoutePatternFactory.Parse(Route)), []);
        return Methods.Contains(method, StringComparer.Ordinal) && matcher.TryMatch(path, []);
    }

    public static IReadOnlyList<Trigger> All { get; } =
    [
        .. from type in typeof(DataPlane).Assembly.GetTypes()
           from method in type.GetMethods(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
           from function in method.CustomAttributes
           where function.AttributeType == typeof(FunctionAttribute)
           let trigger = method.GetParameters().SelectMany(static p => p.CustomAttributes)
               .Single(static a => a.AttributeType.Name.EndsWith("TriggerAttribute", StringComparison.Ordinal))
           select new Trigger((string)function.ConstructorArguments[0].Value!, method, trigger),
    ];

    public static IEnumerable<Trigger> Http => All.Where(static t => t.IsHttp);
}
