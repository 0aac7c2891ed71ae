using System.ComponentModel;

namespace AiOrchestrator.Bench.Targets;

/// <summary>The limit: a relay in C that looks at nothing.</summary>
internal static class NginxTarget
{
    public const string Key = "nginx";
    private const string Name = "nginx proxy_pass";

    public static async Task<Target> StartAsync(Workplace workplace, int mockPort)
    {
        var directory = Directory.CreateDirectory(Path.Combine(workplace.Temporary, "nginx")).FullName;
        var port = Target.FreePort();
        var file = Path.Combine(directory, "nginx.conf");
        await File.WriteAllTextAsync(file, Configuration(directory, port, mockPort));
        try
        {
            var process = ChildProcess.Start(Program(), ["-c", file, "-p", directory, "-e", "stderr"]);
            if (await Target.ReadyAsync(process, port, "/v1/models", s => s == 200, TimeSpan.FromSeconds(10)))
                return new Target(Key, Name) { Process = process, Port = port };
            var words = process.LastWords;
            process.Dispose();
            return new Target(Key, Name) { Absent = "did not start: " + words };
        }
        catch (Win32Exception)
        {
            // No such program.
            return new Target(Key, Name) { Absent = "not installed: apt-get install nginx" };
        }
    }

    /// <summary>Debian keeps it in a directory that is not on everybody's path.</summary>
    public static string Program() => File.Exists("/usr/sbin/nginx") ? "/usr/sbin/nginx" : "nginx";

    private static string Configuration(string directory, int port, int mockPort) => $$"""
        daemon off;
        pid {{directory}}/nginx.pid;
        error_log stderr crit;
        worker_processes {{Math.Min(2, Environment.ProcessorCount)}};
        worker_rlimit_nofile 8192;
        events { worker_connections 4096; }
        http {
          access_log off;
          client_body_temp_path {{directory}}/body;
          proxy_temp_path {{directory}}/proxy;
          fastcgi_temp_path {{directory}}/fastcgi;
          uwsgi_temp_path {{directory}}/uwsgi;
          scgi_temp_path {{directory}}/scgi;
          tcp_nodelay on;
          keepalive_requests 1000000000;
          keepalive_timeout 600s;
          upstream mock {
            server 127.0.0.1:{{mockPort}};
            keepalive 1024;
            keepalive_requests 1000000000;
          }
          server {
            listen 127.0.0.1:{{port}};
            location / {
              proxy_pass http://mock;
              proxy_http_version 1.1;
              proxy_set_header Connection "";
              proxy_buffering off;
              proxy_read_timeout 120s;
            }
          }
        }
        """;
}
