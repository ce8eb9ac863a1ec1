package orders;

import jakarta.servlet.ServletException;
import jakarta.servlet.annotation.MultipartConfig;
import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.text.MessageFormat;
import java.util.Locale;
import java.util.ResourceBundle;

@WebServlet("/orders/*")
@MultipartConfig
public class OrdersServlet extends HttpServlet {
  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response) throws ServletException, IOException {
    String path = request.getPathInfo() == null ? "/" : request.getPathInfo();
    response.setContentType("text/plain;charset=UTF-8");
    switch (path) {
      case "/" -> {
        request.setAttribute("orders", java.util.List.of("bread", "milk"));
        request.getRequestDispatcher("/WEB-INF/jsp/orders.jsp").forward(request, response);
      }
      case "/greeting" -> {
        ResourceBundle bundle = ResourceBundle.getBundle("orders.messages", request.getLocale());
        response.getWriter().print(MessageFormat.format(bundle.getString("count"), 2));
      }
      case "/visits" -> {
        Integer visits = (Integer) request.getSession().getAttribute("visits");
        request.getSession().setAttribute("visits", visits == null ? 1 : visits + 1);
        response.getWriter().print(request.getSession().getAttribute("visits"));
      }
      case "/fail" -> throw new ServletException("broken on purpose");
      case "/gone" -> response.sendError(410, "gone");
      default -> {
        try {
          response.getWriter().print(Tools.run(path.substring(1), request));
        } catch (ReflectiveOperationException error) {
          response.sendError(404, "no such tool");
        }
      }
    }
  }

  @Override
  protected void doPost(HttpServletRequest request, HttpServletResponse response) throws ServletException, IOException {
    var part = request.getPart("file");
    response.getWriter().print(part.getSubmittedFileName() + " " + part.getSize());
  }
}
